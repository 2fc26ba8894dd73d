// The program `gca`. Exit codes: 0 success, 1 a difference or a broken contract was found, 2 bad input, 128 + n ended
// by signal n.

#include <fmt/format.h>
#include <fmt/os.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

#include "behavioral/error.h"
#include "sim/bench.h"
#include "sim/build_id.h"
#include "sim/compare.h"
#include "sim/config_file.h"
#include "sim/explain.h"
#include "sim/explain_report.h"
#include "sim/interrupt.h"
#include "sim/npz.h"
#include "sim/output_file.h"
#include "sim/printable.h"
#include "sim/progress_bar.h"
#include "sim/report.h"
#include "sim/run.h"
#include "sim/sequences.h"

namespace gca {
namespace {

constexpr int kDifference = 1;
constexpr int kBadInput = 2;

struct Arguments {
    std::string program;  ///< as it was called
    std::string config_file;
    std::string input;
    std::string output;
    std::string report;
    std::string trace;
    TraceOptions trace_options;
    RunOptions run;
    OutputPlace place;
    bool explain_json = false;
    std::string compare_a;
    std::string compare_b;
    unsigned bench_repeats = 5;
    double bench_seconds = 1.0;
    bool bench_json = false;
};

Config read_config(const Arguments& arguments) {
    return arguments.config_file.empty() ? Config{} : load_config(arguments.config_file);
}

/// The built-in sample: beside the program in a build tree's source, at the path that CMake recorded.
std::filesystem::path sample_file() {
    return GCA_SAMPLE_FILE;
}

void write_output(NpzWriter& writer, const Config& config, const Sequences& sequences, const RunOptions& options,
                  const RunResult& result) {
    const auto shape = [&](std::vector<std::size_t> tail) {
        std::vector<std::size_t> full{sequences.heads, sequences.tokens - result.first_token};
        full.insert(full.end(), tail.begin(), tail.end());
        return full;
    };
    writer.add("y", result.y, shape({sequences.dim}));
    if (!result.counts.empty() || config.quantization.output == OutputQuantizer::counter) {
        writer.add("counts", result.counts, shape({sequences.dim}));
    }
    if (result.probe) {
        writer.add("s", result.probe->s, shape({sequences.tokens}));
        writer.add("phi", result.probe->phi, shape({sequences.tokens}));
        writer.add("a", result.probe->a, shape({config.geometry.tiles, sequences.dim}));
    }
    const std::array first_token{static_cast<std::int32_t>(result.first_token)};
    if (options.resume) {
        writer.add("first_token", std::span<const std::int32_t>(first_token), {});
    }
    writer.finish();
}

void check_not_written(const std::string& read, const char* what, const std::vector<std::string>& written) {
    for (const std::string& file : written) {
        std::error_code error;
        if (std::filesystem::equivalent(read, file, error)) {
            throw InputError(fmt::format("{}: is {}: must not be written too", printable(file), what));
        }
    }
}

std::filesystem::path input_file(const Arguments& arguments) {
    return arguments.input.empty() ? sample_file() : std::filesystem::path(arguments.input);
}

/// The options that make a run the same again.
std::string options_of_run(const Arguments& arguments) {
    std::string line;
    const auto add = [&line](bool given, const char* option, const auto& value) {
        if (given) {
            line += fmt::format(" {} {}", option, value);
        }
    };
    const RunOptions& run = arguments.run;
    const RunOptions defaults;
    add(!arguments.input.empty(), "--input", quoted_for_shell(arguments.input));
    add(!arguments.config_file.empty(), "--config", quoted_for_shell(arguments.config_file));
    add(run.engine != defaults.engine, "--engine", to_string(run.engine));
    add(run.mode != defaults.mode, "--mode", to_string(run.mode));
    add(run.window != defaults.window, "--window", run.window);
    add(run.seed != defaults.seed, "--seed", run.seed);
    add(run.backpressure != defaults.backpressure, "--backpressure", to_string(run.backpressure));
    return line;
}

/// The commands that explain the first wrong output and that trace its token, at the cycles that the report names.
std::string next_steps(const Arguments& arguments, const Sequences& sequences, const CheckResult& check) {
    constexpr std::size_t kBefore = 2;  // tokens
    const Mismatch& at = *check.first;
    const std::string same = options_of_run(arguments);
    const std::string program = quoted_for_shell(arguments.program);
    std::string text = fmt::format("  {:<22}{} explain --head {} --token {} --output {}{}\n", "explain it with",
                                   program, at.head, at.token, at.output, same);
    if (arguments.run.engine == Engine::rtl && arguments.trace.empty()) {
        const std::size_t token = at.head * sequences.tokens + at.token;
        std::string tile;
        if (check.location && check.location->difference && check.location->difference->tile) {
            tile = fmt::format(" --trace-tiles {}", *check.location->difference->tile);
        }
        text +=
            fmt::format("  {:<22}{} run{} --trace wave.fst --trace-head 0:{} --trace-tokens {}:{}{}\n", "trace it with",
                        program, same, at.head + 1, token - std::min(token, kBefore), token + 1, tile);
    }
    return text;
}

int run_command(const Arguments& arguments) {
    catch_interrupts();
    const Config config = read_config(arguments);
    RunOptions options = arguments.run;
    const std::filesystem::path input = input_file(arguments);
    if (options.probe && arguments.output.empty()) {
        throw InputError("--probe needs --output: that is where the probed values go");
    }
    const std::string checkpoint = options.checkpoint ? options.checkpoint->file.string() : "";
    check_not_written(input.string(), "the input", {arguments.output, arguments.report, arguments.trace, checkpoint});
    if (options.resume) {  // a later checkpoint may replace it
        check_not_written(options.resume->string(), "the checkpoint that is resumed",
                          {arguments.output, arguments.report, arguments.trace});
    }
    if (!arguments.trace.empty()) {
        options.trace = arguments.trace_options;
        options.trace->file = arguments.trace;
    }
    std::optional<NpzWriter> writer;
    if (!arguments.output.empty()) {
        writer.emplace(arguments.output);  // a bad path is known before the run
    }
    if (!arguments.report.empty()) {
        (void)output_target(arguments.report);
    }
    if (options.trace) {
        (void)output_target(arguments.trace);
    }
    if (options.checkpoint) {
        (void)output_target(options.checkpoint->file);
    }
    if (options.engine == Engine::rtl) {
        (void)find_built_head(config);
    }
    const Sequences sequences = load_sequences(input, config);

    std::atomic<std::uint64_t> progress{0};
    RunResult result;
    {
        const ProgressBar bar(progress, sequences.heads * sequences.tokens);
        result = run(config, sequences, options, progress);
    }
    if (writer) {
        write_output(*writer, config, sequences, options, result);
    }
    if (!arguments.report.empty()) {
        write_report(arguments.report, config, sequences, options, result);
    }
    fmt::print("{}", format_table(config, sequences, options, result));
    if (options.trace) {
        fmt::print("  {:<22}scripts/wave {}\n", "open the trace with", options.trace->file.string());
    }
    if (options.checkpoint) {
        fmt::print("  {:<22}gca run --resume {}\n", "go on with", options.checkpoint->file.string());
    }
    if (result.check.first && options.engine != Engine::reference) {
        fmt::print("{}", next_steps(arguments, sequences, result.check));
    }
    return result.check.mismatches == 0 ? 0 : kDifference;
}

int explain_command(const Arguments& arguments) {
    const Config config = read_config(arguments);
    const RunOptions& options = arguments.run;
    if (options.engine == Engine::rtl) {
        (void)find_built_head(config);
    }
    const Explanation explanation =
        explain(config, load_sequences(input_file(arguments), config), options, arguments.place);
    fmt::print("{}", arguments.explain_json ? explanation_json(config, options, explanation)
                                            : format_explanation(config, options, explanation));
    return explanation.difference ? kDifference : 0;
}

int compare_command(const Arguments& arguments) {
    const Comparison comparison = compare_files(arguments.compare_a, arguments.compare_b);
    fmt::print("{}", comparison.text);
    return comparison.equal ? 0 : kDifference;
}

int bench_command(const Arguments& arguments) {
    const BenchReport report = run_bench(read_config(arguments), arguments.bench_repeats, arguments.bench_seconds);
    fmt::print("{}", arguments.bench_json ? bench_json(report) : format_bench(report));
    return 0;
}

/// A full disk or a closed pipe behind standard output is a failure.
int finish_output(int code) {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        fmt::print(stderr, "gca: standard output: cannot write: {}\n", std::generic_category().message(errno));
        return code != 0 ? code : kDifference;
    }
    return code;
}

template <typename Enum>
void add_choice(CLI::App& command, const std::string& name, Enum& value, const std::map<std::string, Enum>& choices,
                const std::string& help) {
    std::string words;
    for (const auto& choice : choices) {
        words += (words.empty() ? "" : "|") + choice.first;
    }
    const auto choose = [name, choices, words, &value](const std::string& word) {
        const auto choice = choices.find(word);
        if (choice == choices.end()) {
            throw CLI::ValidationError(fmt::format("{} is {}: must be {}", name, word, words));
        }
        value = choice->second;
    };
    command.add_option_function<std::string>(name, choose, help)->option_text(words);
}

template <typename Number>
Number parse_number(const std::string& name, const std::string& word, Number least, Number greatest) {
    Number number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    if (!whole || !(number >= least && number <= greatest)) {
        throw CLI::ValidationError(fmt::format("{} is {}: must be a {} from {} to {}", name, word,
                                               std::is_integral_v<Number> ? "whole number" : "number", least,
                                               greatest));
    }
    return number;
}

/// An option that takes a number within limits.
template <typename Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& value, Number least, Number greatest,
                        const std::string& help) {
    const auto parse = [name, least, greatest, &value](const std::string& word) {
        value = parse_number(name, word, least, greatest);
    };
    return command.add_option_function<std::string>(name, parse, help)
        ->option_text(std::is_integral_v<Number> ? "N" : "X");
}

void add_trace(CLI::App& command, Arguments& a) {
    TraceOptions& trace = a.trace_options;
    CLI::Option* file = command.add_option("--trace", a.trace, "Waveform of a head, digital and analog (rtl engine)");
    file->option_text("FILE.fst");
    command.add_option("--trace-head", trace.heads, "Whose, or those of A to B-1 one after the other (default 0)")
        ->option_text("H|A:B")
        ->needs(file);
    command.add_option("--trace-tokens", trace.tokens, "From token A to B-1 of them all (default: the first 32)")
        ->option_text("A:B|all")
        ->needs(file);
    command.add_option("--trace-tiles", trace.tiles, "Sub-tiles whose analog side is shown (default 0)")
        ->option_text("0,4:8|all|none")
        ->needs(file);
    command.add_option("--trace-columns", trace.columns, "Bit lines of each, in both arrays (default all)")
        ->option_text("0,4:8|all|none")
        ->needs(file);
    command.add_option("--trace-rows", trace.rows, "Rows whose cells' voltages are shown (default 0:4)")
        ->option_text("0,4:8|all|none")
        ->needs(file);
}

void add_checkpoint(CLI::App& command, Arguments& a) {
    const auto save = [&a](const std::vector<std::string>& words) {
        a.run.checkpoint = {.tokens = parse_number<std::size_t>("--checkpoint-at", words.at(0), 1, SIZE_MAX),
                            .file = words.at(1)};
    };
    command
        .add_option_function<std::vector<std::string>>(
            "--checkpoint-at", save, "Writes the state of all heads after N results of each, and goes on (rtl engine)")
        ->type_size(2)
        ->option_text("N FILE");
    command
        .add_option_function<std::string>(
            "--resume", [&a](const std::string& file) { a.run.resume = file; },
            "Goes on from such a state: gives the results of token N and later (rtl engine)")
        ->option_text("FILE");
}

/// What decides the outcome of a run, for the commands that run or replay one.
void add_run_options(CLI::App& command, Arguments& a, const std::map<std::string, Engine>& engines) {
    add_choice<Engine>(command, "--engine", a.run.engine, engines, "What computes (default rtl)");
    command.add_option("--config", a.config_file, "Configuration; `gca config` prints one")->option_text("FILE.toml");
    command.add_option("--input", a.input, "q, k, v: [heads, tokens, dim] or [tokens, dim] (default: the sample)")
        ->option_text("FILE.npz");
    add_choice<Mode>(command, "--mode", a.run.mode, {{"sequential", Mode::sequential}, {"pipelined", Mode::pipelined}},
                     "One token in 65 cycles, or one every 30 (default sequential)");
    add_number<std::size_t>(command, "--window", a.run.window, 1, std::size_t{1} << 32U,
                            "Tokens that a token sees (default: all columns)");
    add_number<std::uint64_t>(command, "--seed", a.run.seed, 0, UINT64_MAX,
                              "Of uninitialised flops and the host's pauses (default 1)");
    std::map<std::string, Backpressure> backpressures;
    for (const Backpressure backpressure : kBackpressures) {
        backpressures.emplace(to_string(backpressure), backpressure);
    }
    add_choice<Backpressure>(command, "--backpressure", a.run.backpressure, backpressures,
                             "When the host offers tokens and takes results: always (none), pausing both at random, "
                             "taking rarely (consumer), offering rarely (producer), or in long spells (default none)");
}

void add_run(CLI::App& app, Arguments& a) {
    CLI::App* command = app.add_subcommand("run", "Sends the projections of a file through a head");
    add_run_options(*command, a,
                    {{"rtl", Engine::rtl}, {"functional", Engine::functional}, {"reference", Engine::reference}});
    command->add_option("--output", a.output, "y and counts, and with --probe s, phi and a")->option_text("FILE.npz");
    command->add_flag("--probe", a.run.probe, "Adds scores, pulse widths and charges to the output");
    add_number<unsigned>(*command, "--threads", a.run.threads, 1, 1024,
                         "Heads that run at the same time (default: one a core)");
    add_trace(*command, a);
    add_checkpoint(*command, a);
    command->add_option("--report", a.report, "The run's figures as JSON")->option_text("FILE.json");
    add_choice<Check>(*command, "--check", a.run.check,
                      {{"auto", Check::automatic}, {"always", Check::always}, {"never", Check::never}},
                      "Comparison with the reference and with softmax (default auto: where it is cheap)");
}

void add_explain(CLI::App& app, Arguments& a) {
    CLI::App* command =
        app.add_subcommand("explain", "Says where an output came from, and where it parts from the reference");
    const auto add_index = [&](const char* name, std::size_t& value, const char* help) {
        return add_number<std::size_t>(*command, name, value, 0, SIZE_MAX, help);
    };
    add_index("--token", a.place.token, "Whose output, 0 the first of the sequence")->required();
    add_index("--output", a.place.output, "Which of its outputs, 0 the first")->required();
    add_index("--head", a.place.head, "Of which head (default 0)");
    add_run_options(*command, a, {{"rtl", Engine::rtl}, {"functional", Engine::functional}});
    command->add_flag("--json", a.explain_json, "Prints JSON");
}

int run_program(int argc, char** argv) {
    CLI::App app{"gca: an analog in-memory attention head, run before the chip exists"};
    app.name("gca");
    app.require_subcommand(1);
    app.set_version_flag("--version", fmt::format("gca {} (build {})", GCA_VERSION, build_id()));
    Arguments a;
    a.program = argv[0];
    add_run(app, a);
    add_explain(app, a);

    CLI::App* config = app.add_subcommand("config", "Prints the effective configuration, each key explained");
    config->add_option("--config", a.config_file, "Configuration to start from")->option_text("FILE.toml");

    CLI::App* compare = app.add_subcommand("compare", "Says where and by how much two results differ");
    compare->add_option("A", a.compare_a, "A result")->required()->option_text("A.npz");
    compare->add_option("B", a.compare_b, "Another")->required()->option_text("B.npz");

    CLI::App* bench = app.add_subcommand("bench", "Measures head-tokens a second of every engine");
    bench->add_option("--config", a.config_file, "Configuration (default: the paper's head)")->option_text("FILE.toml");
    add_number<unsigned>(*bench, "--repeats", a.bench_repeats, 1, 1000, "Runs of each (default 5)");
    add_number<double>(*bench, "--seconds", a.bench_seconds, 0.01, 1000.0, "Length of a run (default 1)");
    bench->add_flag("--json", a.bench_json, "Prints JSON");

    const std::vector<CLI::App*> commands = app.get_subcommands([](const CLI::App* /*command*/) { return true; });
    if (argc > 1 && argv[1][0] != '-' && std::none_of(commands.begin(), commands.end(), [&](const CLI::App* command) {
            return command->get_name() == argv[1];
        })) {
        fmt::print(stderr, "gca: {} is no command: must be run, explain, config, compare or bench\n",
                   printable(argv[1]));
        return kBadInput;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {  // --help, --version
            app.exit(error);
            return finish_output(0);
        }
        fmt::print(stderr, "gca: {} (gca --help lists the options)\n", printable(error.what()));
        return kBadInput;
    }
    if (app.got_subcommand("run")) {
        return finish_output(run_command(a));
    }
    if (app.got_subcommand("explain")) {
        return finish_output(explain_command(a));
    }
    if (app.got_subcommand(config)) {
        fmt::print("{}", print_config(read_config(a)));
        return finish_output(0);
    }
    return finish_output(app.got_subcommand(compare) ? compare_command(a) : bench_command(a));
}

}  // namespace
}  // namespace gca

int main(int argc, char** argv) {
    const auto complain = [](const char* what) { std::fputs((std::string("gca: ") + what + "\n").c_str(), stderr); };
    try {
        return gca::run_program(argc, argv);
    } catch (const gca::InputError& error) {
        complain(error.what());
        return gca::kBadInput;
    } catch (const gca::Interrupted& interrupt) {
        complain(interrupt.what());
        return 128 + interrupt.signal();
    } catch (const std::bad_alloc&) {
        complain("not enough memory for a head of this geometry, or for this input");
    } catch (const std::exception& error) {
        complain(error.what());
    }
    return gca::kDifference;
}
