#include "sim/cost/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "behavioral/error.h"
#include "sim/command_options.h"
#include "sim/config_file.h"
#include "sim/cost/page.h"
#include "sim/interrupt.h"
#include "sim/language/shipped.h"
#include "sim/output_file.h"
#include "sim/printable.h"

namespace gca {

void add_cost_command(CLI::App& app, CostArguments& a, const std::function<void()>& chosen) {
    constexpr double kLongestTauS = 1e9;
    constexpr double kShortestTauS = 1e-9;
    EstimateOptions& e = a.estimate;
    e.digital = shipped::digital_figures();
    e.model = shipped::model();
    e.text = shipped::unseen_text();
    CLI::App* command = app.add_subcommand("report", "Estimates time, energy and area: one HTML page");
    command->add_option("--output", a.output, "The page")->option_text("FILE.html");
    command->add_flag("--json", a.json, "Prints the numbers as JSON");
    command->add_option("--config", a.config_file, "The head (default: the paper's)")->option_text("FILE.toml");
    add_number<std::size_t>(*command, "--layers", e.layers, 1, 100000, "Of the model that it serves (default 12)");
    add_number<double>(*command, "--tau", e.tau_s, kShortestTauS, kLongestTauS,
                       "The cells' retention time constant in seconds (default 0.005)");
    command
        ->add_option("--model", e.model,
                     "The language model whose activity and retention are told (default: the one "
                     "that ships)")
        ->option_text("PATH");
    command->add_option("--text", e.text, "What it reads (default: the text beside it)")->option_text("FILE");
    add_number<std::size_t>(*command, "--limit", e.tokens, 2, SIZE_MAX, "Only the first N tokens (default 4096)");
    command->add_option("--digital", e.digital, "Synthesis figures; scripts/digital_figures makes them")
        ->option_text("FILE.json");
    add_number<unsigned>(*command, "--threads", e.threads, 1, 1024, "Threads (default: one a core)");
    command->callback(chosen);
}

int cost_command(const CostArguments& arguments) {
    catch_interrupts();
    if (arguments.output.empty() && !arguments.json) {
        throw InputError("--output is missing: must be given, or --json");
    }
    if (!arguments.output.empty()) {
        (void)output_target(arguments.output);
    }
    EstimateOptions options = arguments.estimate;
    if (!arguments.config_file.empty()) {
        options.config = load_config(arguments.config_file);
    }
    const Estimate result = estimate(options);
    if (!arguments.output.empty()) {
        write_file(arguments.output, estimate_page(result));
        fmt::print(stderr, "wrote {}\n", printable(arguments.output));
    }
    if (arguments.json) {
        fmt::print("{}", estimate_json(result));
    }
    return 0;
}

}  // namespace gca
