// The command line of `gca`.
#pragma once

#include <string>
#include <variant>

#include "sim/cost/command.h"
#include "sim/explain.h"
#include "sim/language/commands.h"
#include "sim/run.h"
#include "sim/trace_options.h"

namespace gca {

enum class Command { run, explain, config, compare, bench, language, report };

/// All that the command line said; each command reads its own.
struct Arguments {
    Command command = Command::run;
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
    bool bench_gpt2 = false;
    bool bench_json = false;
    LanguageArguments language;
    CostArguments cost;
};

/// The arguments; or, where all has been said already (--help, --version, a mistake), the exit code.
[[nodiscard]] std::variant<Arguments, int> parse_command_line(int argc, char** argv);

}  // namespace gca
