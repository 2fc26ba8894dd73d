#include "sim/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "sim/build_id.h"
#include "sim/command_options.h"
#include "sim/exit_code.h"
#include "sim/printable.h"
#include "sim/serial_port.h"

namespace gca {

namespace {

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

void add_board(CLI::App& command, Arguments& a) {
    CLI::Option* port = command.add_option_function<std::string>(
        "--port", [&a](const std::string& file) { a.run.board.port = file; }, "The board's serial line (board engine)");
    port->option_text("DEVICE");
    const auto set_baud = [&a](const std::string& word) {
        a.run.board.baud = parse_number<unsigned>("--baud", word, 1, 10'000'000);
        if (!is_baud_rate(a.run.board.baud)) {
            throw CLI::ValidationError(fmt::format("--baud is {}: no rate of serial lines", word));
        }
    };
    add_number<unsigned>(command, "--patience", a.run.board.patience_s, 1, 3600,
                         "Seconds of silence after which a board is given up (default 10)")
        ->needs(port);
    command.add_option_function<std::string>("--baud", set_baud, "Its rate (default 115200)")
        ->option_text("N")
        ->needs(port);
}

/// What decides the outcome of a run, for the commands that run or replay one.
void add_run_options(CLI::App& command, Arguments& a, const std::map<std::string, Engine>& engines) {
    add_choice<Engine>(command, "--engine", a.run.engine, engines, "What computes (default rtl)");
    command.add_option("--config", a.config_file, "Configuration; `gca config` prints one")->option_text("FILE.toml");
    command.add_option("--input", a.input, "q, k, v: [heads, tokens, dim] or [tokens, dim] (default: the sample)")
        ->option_text("FILE.npz");
    add_choice<Mode>(command, "--mode", a.run.mode, {{"sequential", Mode::sequential}, {"pipelined", Mode::pipelined}},
                     "One token in 65 cycles, or one every 30 (rtl engine; default sequential)");
    add_number<std::size_t>(command, "--window", a.run.window, 1, std::size_t{1} << 32U,
                            "Tokens that a token sees (default: all columns)");
    add_number<std::uint64_t>(command, "--seed", a.run.seed, 0, UINT64_MAX,
                              "Of uninitialised flops and the host's pauses (default 1)");
    std::map<std::string, Backpressure> backpressures;
    for (const Backpressure backpressure : kBackpressures) {
        backpressures.emplace(to_string(backpressure), backpressure);
    }
    add_choice<Backpressure>(
        command, "--backpressure", a.run.backpressure, backpressures,
        "When the host offers tokens and takes results: always (none), pausing both at random, "
        "taking rarely (consumer), offering rarely (producer), or in long spells (rtl engine; default none)");
}

CLI::App* add_command(CLI::App& app, Arguments& a, Command command, const char* name, const char* help) {
    CLI::App* added = app.add_subcommand(name, help);
    added->callback([&a, command] { a.command = command; });
    return added;
}

void add_run(CLI::App& app, Arguments& a) {
    CLI::App* command = add_command(app, a, Command::run, "run", "Sends the projections of a file through a head");
    add_run_options(*command, a,
                    {{"rtl", Engine::rtl},
                     {"gates", Engine::gates},
                     {"functional", Engine::functional},
                     {"reference", Engine::reference},
                     {"board", Engine::board}});
    command->add_option("--gate-head", a.run.gate_head, "A synthesized head; scripts/gates makes one (gates engine)")
        ->option_text("FILE.so");
    command->add_flag("--lockstep", a.run.lockstep,
                      "Compares every output pin with the RTL's in every cycle (gates engine)");
    command->add_option("--output", a.output, "y and counts, and with --probe s, phi and a")->option_text("FILE.npz");
    command->add_flag("--probe", a.run.probe, "Adds scores, pulse widths and charges to the output");
    add_number<unsigned>(*command, "--threads", a.run.threads, 1, 1024,
                         "Heads that run at the same time (default: one a core)");
    add_board(*command, a);
    add_trace(*command, a);
    add_checkpoint(*command, a);
    command->add_option("--report", a.report, "The run's figures as JSON")->option_text("FILE.json");
    add_choice<Check>(*command, "--check", a.run.check,
                      {{"auto", Check::automatic}, {"always", Check::always}, {"never", Check::never}},
                      "Comparison with the reference and with softmax (default auto: where it is cheap)");
}

void add_explain(CLI::App& app, Arguments& a) {
    CLI::App* command = add_command(app, a, Command::explain, "explain",
                                    "Says where an output came from, and where it parts from the reference");
    const auto add_index = [&](const char* name, std::size_t& value, const char* help) {
        return add_number<std::size_t>(*command, name, value, 0, SIZE_MAX, help);
    };
    add_index("--token", a.place.token, "Whose output, 0 the first of the sequence")->required();
    add_index("--output", a.place.output, "Which of its outputs, 0 the first")->required();
    add_index("--head", a.place.head, "Of which head (default 0)");
    add_run_options(*command, a, {{"rtl", Engine::rtl}, {"functional", Engine::functional}});
    command->add_flag("--json", a.explain_json, "Prints JSON");
}

void add_config(CLI::App& app, Arguments& a) {
    CLI::App* command =
        add_command(app, a, Command::config, "config", "Prints the effective configuration, each key explained");
    command->add_option("--config", a.config_file, "Configuration to start from")->option_text("FILE.toml");
}

void add_compare(CLI::App& app, Arguments& a) {
    CLI::App* command =
        add_command(app, a, Command::compare, "compare", "Says where and by how much two results differ");
    command->add_option("A", a.compare_a, "A result")->required()->option_text("A.npz");
    command->add_option("B", a.compare_b, "Another")->required()->option_text("B.npz");
}

void add_bench(CLI::App& app, Arguments& a) {
    CLI::App* command = add_command(app, a, Command::bench, "bench", "Measures head-tokens a second of every engine");
    command->add_option("--config", a.config_file, "Configuration (default: the paper's head)")
        ->option_text("FILE.toml");
    add_number<unsigned>(*command, "--repeats", a.bench_repeats, 1, 1000, "Runs of each (default 5)");
    add_number<double>(*command, "--seconds", a.bench_seconds, 0.01, 1000.0, "Length of a run (default 1)");
    command->add_flag("--gpt2", a.bench_gpt2, "Attention and decoding at GPT-2's shape instead");
    add_number<unsigned>(*command, "--threads", a.run.threads, 1, 1024, "Of --gpt2 (default: one a core)");
    command->add_flag("--json", a.bench_json, "Prints JSON");
}

std::string names_of(const std::vector<CLI::App*>& commands) {
    std::string names;
    for (const CLI::App* command : commands) {
        names += (names.empty() ? "" : command == commands.back() ? " or " : ", ") + command->get_name();
    }
    return names;
}

}  // namespace

std::variant<Arguments, int> parse_command_line(int argc, char** argv) {
    CLI::App app{"gca: an analog in-memory attention head, run before the chip exists"};
    app.name("gca");
    app.require_subcommand(1);
    app.set_version_flag("--version", fmt::format("gca {} (build {})", GCA_VERSION, build_id()));
    Arguments a;
    a.program = argv[0];
    add_run(app, a);
    add_explain(app, a);
    add_config(app, a);
    add_compare(app, a);
    add_bench(app, a);
    add_cost_command(app, a.cost, [&a] { a.command = Command::report; });
    add_language_commands(app, a.language, [&a] { a.command = Command::language; });

    const std::vector<CLI::App*> commands = app.get_subcommands([](const CLI::App* /*command*/) { return true; });
    if (argc > 1 && argv[1][0] != '-' && std::none_of(commands.begin(), commands.end(), [&](const CLI::App* command) {
            return command->get_name() == argv[1];
        })) {
        fmt::print(stderr, "gca: {} is no command: must be {}\n", printable(argv[1]), names_of(commands));
        return kBadInput;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {  // --help, --version
            return app.exit(error);
        }
        fmt::print(stderr, "gca: {} (gca --help lists the options)\n", printable(error.what()));
        return kBadInput;
    }
    return a;
}

}  // namespace gca
