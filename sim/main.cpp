// The program `gca`: its commands. Exit codes are in sim/exit_code.h.

#include <fmt/format.h>
#include <fmt/os.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include "behavioral/error.h"
#include "sim/bench.h"
#include "sim/command_line.h"
#include "sim/compare.h"
#include "sim/config_file.h"
#include "sim/cost/command.h"
#include "sim/exit_code.h"
#include "sim/explain.h"
#include "sim/explain_report.h"
#include "sim/gate_head.h"
#include "sim/interrupt.h"
#include "sim/language/gpt2_bench.h"
#include "sim/npz.h"
#include "sim/output_file.h"
#include "sim/printable.h"
#include "sim/progress_bar.h"
#include "sim/report.h"
#include "sim/run.h"
#include "sim/sequences.h"

namespace gca {
namespace {

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
    add(!run.gate_head.empty(), "--gate-head", quoted_for_shell(run.gate_head.string()));
    if (run.lockstep) {
        line += " --lockstep";
    }
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
    const bool has_stages = arguments.run.engine != Engine::gates;
    const std::string same = options_of_run(arguments);
    const std::string program = quoted_for_shell(arguments.program);
    std::string text;
    if (has_stages) {
        text = fmt::format("  {:<22}{} explain --head {} --token {} --output {}{}\n", "explain it with", program,
                           at.head, at.token, at.output, same);
    }
    if (has_clock(arguments.run.engine) && arguments.trace.empty()) {
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
    if (options.engine == Engine::gates) {
        check_options(config, options);
        if (options.lockstep) {
            (void)find_with_any_gates(config);
        }
        (void)load_gate_head(options.gate_head, config);
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
    if (result.check.first && options.engine != Engine::reference && options.engine != Engine::board) {
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

int config_command(const Arguments& arguments) {
    fmt::print("{}", print_config(read_config(arguments)));
    return 0;
}

int compare_command(const Arguments& arguments) {
    const Comparison comparison = compare_files(arguments.compare_a, arguments.compare_b);
    fmt::print("{}", comparison.text);
    return comparison.equal ? 0 : kDifference;
}

int bench_command(const Arguments& arguments) {
    if (arguments.bench_gpt2) {
        const Gpt2Bench bench = run_gpt2_bench(kGpt2Shape, arguments.bench_repeats, arguments.run.threads);
        fmt::print("{}", arguments.bench_json ? gpt2_bench_json(bench) : format_gpt2_bench(bench));
        return 0;
    }
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

int run_program(int argc, char** argv) {
    const std::variant<Arguments, int> parsed = parse_command_line(argc, argv);
    if (const int* code = std::get_if<int>(&parsed)) {
        return finish_output(*code);
    }
    const auto& arguments = std::get<Arguments>(parsed);
    const auto command = [&] {
        switch (arguments.command) {
            case Command::run:
                return run_command(arguments);
            case Command::explain:
                return explain_command(arguments);
            case Command::config:
                return config_command(arguments);
            case Command::compare:
                return compare_command(arguments);
            case Command::report:
                return cost_command(arguments.cost);
            case Command::language:
                return language_command(arguments.language);
            case Command::bench:
                break;
        }
        return bench_command(arguments);
    };
    return finish_output(command());
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
