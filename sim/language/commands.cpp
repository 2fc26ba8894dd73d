#include "sim/language/commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "behavioral/error.h"
#include "behavioral/time_base.h"
#include "sim/command_options.h"
#include "sim/config_file.h"
#include "sim/cost/chip.h"
#include "sim/interrupt.h"
#include "sim/language/evaluate.h"
#include "sim/language/shipped.h"
#include "sim/language/task.h"
#include "sim/npz.h"
#include "sim/output_file.h"
#include "sim/printable.h"
#include "sim/progress_bar.h"
#include "sim/stopwatch.h"

namespace gca {

namespace {

std::string row(std::string_view name, const std::string& value) {
    return fmt::format("  {:<22}{}\n", name, value);
}

std::string read_text(const std::string& file) {
    std::error_code error;
    std::ifstream in(file, std::ios::binary);
    if (!std::filesystem::is_regular_file(file, error) || !in) {
        throw InputError(fmt::format("{}: is no file that can be read", printable(file)));
    }
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The tokens of --text or of --tokens, at most --limit of them, at least `least`.
std::vector<TokenId> read_tokens(const LanguageArguments& arguments, const LanguageModel& model, std::size_t least) {
    const std::string& name = arguments.text.empty() ? arguments.tokens : arguments.text;
    if (name.empty()) {
        throw InputError("--text is missing: must be given, or --tokens or --task");
    }
    std::vector<TokenId> tokens;
    if (!arguments.text.empty()) {
        tokens = model.tokenizer().encode(read_text(name), name);
    } else {
        const NpzArray array = NpzReader(name).load("tokens");
        for (const double value : array.values) {
            if (is_floating(array.type) || value < 0.0) {
                throw InputError(fmt::format("{}: tokens: must be whole numbers of at least 0", printable(name)));
            }
            tokens.push_back(static_cast<TokenId>(value));
        }
    }
    model.check_tokens(tokens, name);
    if (arguments.limit != 0 && tokens.size() > arguments.limit) {
        tokens.resize(arguments.limit);
    }
    if (tokens.size() < least) {
        throw InputError(fmt::format("{}: has {} tokens: must be at least {}", printable(name), tokens.size(), least));
    }
    return tokens;
}

std::string describe(LanguageModel& model) {
    const GptShape& shape = model.file().shape;
    std::string text = row("model", fmt::format("{} layers of {} heads x {}, context {}, vocabulary {}", shape.layers,
                                                shape.heads, shape.dim(), shape.positions, shape.vocabulary));
    if (model.analog() == nullptr) {
        return text + row("attention", "softmax");
    }
    const AnalogSettings& analog = *model.file().analog;
    const Geometry& g = analog.head.geometry;
    return text + row("attention",
                      fmt::format("hardware, {}, {} cell, {} x {} x {}, window {}", to_string(model.engine()),
                                  to_string(analog.head.cell.model), g.dim, g.tile_tokens, g.tiles, analog.window));
}

/// What the heads' activity took, by the estimate of `gca report`, where `fed` tokens went through them.
std::string describe_energy(LanguageModel& model, std::size_t fed) {
    constexpr double kPjPerNj = 1000.0;
    const Config& head = model.file().analog->head;
    const std::size_t heads = model.file().shape.layers * model.file().shape.heads;
    const Schedule schedule =
        Schedule::of_levels(std::max(head.quantization.query_levels, 2U), head.quantization.output_levels);
    const Chip chip(load_digital_figures(shipped::digital_figures()));
    const double cycles = model.analog()->cycles() == 0 ? schedule.latency()
                                                        : static_cast<double>(model.analog()->cycles()) /
                                                              static_cast<double>(fed * model.file().shape.layers);
    const TokenEnergy energy = chip.energy(head, model.analog()->activity(), cycles);
    return row("attention's energy",
               fmt::format("{:.1f} nJ a token: {} heads of {:.2f} nJ (K {:.2f}, V {:.2f}, digital {:.2f}, DACs {:.2f}; "
                           "gca report explains)",
                           static_cast<double>(heads) * energy.total() / kPjPerNj, heads, energy.total() / kPjPerNj,
                           energy.key_array / kPjPerNj, energy.value_array / kPjPerNj, energy.digital / kPjPerNj,
                           energy.dacs / kPjPerNj));
}

/// A token's bytes as the screen may see them: a model may write control characters.
void show(std::string_view bytes, bool terminal) {
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const bool control = (byte < ' ' && c != '\n' && c != '\t') || byte == 0x7F;
        std::fputc(terminal && control ? '?' : c, stdout);
    }
    std::fflush(stdout);
}

int generate_command(const LanguageArguments& arguments) {
    LanguageModelOptions options = arguments.model;
    options.hardware_engine = AttentionEngine::rtl;
    LanguageModel model(options);
    if (model.analog() != nullptr) {
        model.analog()->watch_activity();
    }
    const std::vector<TokenId> prompt = model.tokenizer().encode(arguments.prompt, "--prompt");
    if (prompt.empty()) {
        throw InputError("--prompt is empty: must have at least one token");
    }
    model.check_tokens(prompt, "--prompt");
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    show(arguments.prompt, terminal);
    const Stopwatch stopwatch;
    const std::size_t fed = generate(model, prompt, arguments.count, arguments.sampler,
                                     [&](TokenId token) { show(model.tokenizer().bytes(token), terminal); });
    const double wall_s = stopwatch.seconds();
    std::fputc('\n', stdout);
    std::fflush(stdout);

    std::string text = "\n" + describe(model);
    text += row("tokens", fmt::format("{} of the prompt, {} written", prompt.size(), arguments.count));
    text += row("speed", fmt::format("{:.1f} tokens/s on {} thread{} ({:.2f} s)", static_cast<double>(fed) / wall_s,
                                     model.threads(), model.threads() == 1 ? "" : "s", wall_s));
    if (model.analog() != nullptr) {
        const GptShape& shape = model.file().shape;
        const std::uint64_t cycles = model.analog()->cycles();
        if (cycles > 0) {
            text += row("attention's time",
                        fmt::format("{:.0f} ns a token: {} layers one after the other",
                                    static_cast<double>(cycles) / static_cast<double>(fed), shape.layers));
        }
        text += describe_energy(model, fed);
    }
    fmt::print(stderr, "{}", text);
    return 0;
}

void check_one_sequence(const char* option, const LanguageModel& model, std::span<const TokenId> tokens) {
    const std::size_t positions = model.file().shape.positions;
    if (tokens.size() > positions) {
        throw InputError(
            fmt::format("{}: {} tokens: must be at most {}, one sequence (--limit)", option, tokens.size(), positions));
    }
}

void write_logits(const std::string& file, LanguageModel& model, std::span<const TokenId> tokens) {
    check_one_sequence("--logits", model, tokens);
    NpzWriter writer(file);
    const std::vector<float> logits = all_logits(model, tokens);
    writer.add("logits", logits, {tokens.size(), model.file().shape.vocabulary});
    writer.finish();
}

/// A run's input: what every head of the model is given while it reads `tokens`.
void write_projections(const std::string& file, LanguageModel& model, std::span<const TokenId> tokens) {
    check_one_sequence("--projections", model, tokens);
    if (model.analog() == nullptr) {
        throw InputError("--projections: the model's attention is softmax: needs --engine functional or rtl");
    }
    NpzWriter writer(file);
    model.analog()->record();
    (void)all_logits(model, tokens);
    const Projections projections = model.analog()->recorded();
    const GptShape& shape = model.file().shape;
    const std::vector<std::size_t> sizes{shape.layers * shape.heads, tokens.size(), shape.dim()};
    writer.add("q", projections.q, sizes);
    writer.add("k", projections.k, sizes);
    writer.add("v", projections.v, sizes);
    writer.finish();
}

std::string share(std::size_t part, std::size_t whole) {
    return fmt::format("{} of {} ({:.2f} %)", part, whole,
                       100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

int eval_task(const LanguageArguments& arguments, LanguageModel& model) {
    const std::vector<TaskItem> items = load_task(arguments.task);
    std::atomic<std::uint64_t> progress{0};
    TaskScore score;
    {
        const ProgressBar bar(progress, items.size());
        score = score_task(model, items, arguments.task, progress);
    }
    if (arguments.json) {
        nlohmann::ordered_json json;
        json["engine"] = to_string(model.engine());
        json["questions"] = score.questions;
        json["right"] = score.right;
        json["right_per_byte"] = score.right_per_byte;
        json["chance"] = score.chance;
        json["words"] = score.words;
        json["words_right"] = score.words_right;
        json["word_nats"] = score.word_nats;
        fmt::print("{}\n", json.dump(2));
        return 0;
    }
    std::string text = describe(model);
    if (score.questions > 0) {
        text += row("choices", share(score.right, score.questions) + " by likelihood");
        text += row("", share(score.right_per_byte, score.questions) + " by likelihood a byte");
        text += row("", fmt::format("{:.2f} % by chance", 100.0 * score.chance / static_cast<double>(score.questions)));
    }
    if (score.words > 0) {
        text += row("last words", share(score.words_right, score.words));
        text += row(
            "", fmt::format("perplexity {:.4f} a word", std::exp(score.word_nats / static_cast<double>(score.words))));
    }
    fmt::print("{}", text);
    return 0;
}

int eval_command(const LanguageArguments& arguments) {
    LanguageModel model(arguments.model);
    if (!arguments.task.empty()) {
        return eval_task(arguments, model);
    }
    const std::vector<TokenId> tokens = read_tokens(arguments, model, 2);
    if (!arguments.logits.empty()) {
        write_logits(arguments.logits, model, tokens);
        return 0;
    }
    if (!arguments.projections.empty()) {
        write_projections(arguments.projections, model, tokens);
        return 0;
    }
    const std::size_t positions = model.file().shape.positions;
    if (arguments.stride > positions) {
        throw InputError(
            fmt::format("--stride is {}: must be 1 to {}, the model's positions", arguments.stride, positions));
    }
    const std::size_t stride = arguments.stride == 0 ? positions : arguments.stride;
    std::atomic<std::uint64_t> progress{0};
    Likelihood result;
    const Stopwatch stopwatch;
    {
        const ProgressBar bar(progress, tokens.size());
        result = evaluate(model, tokens, stride, progress);
    }
    const double wall_s = stopwatch.seconds();
    if (arguments.json) {
        nlohmann::ordered_json json;
        json["engine"] = to_string(model.engine());
        json["tokens"] = result.tokens;
        json["bytes"] = result.bytes;
        json["nats"] = result.nats;
        json["perplexity"] = result.perplexity();
        if (result.bytes > 0) {
            json["bits_per_byte"] = result.bits_per_byte();
        }
        json["wall_s"] = wall_s;
        fmt::print("{}\n", json.dump(2));
        return 0;
    }
    std::string text = describe(model);
    text += row("predicted", fmt::format("{} tokens, {} bytes", result.tokens, result.bytes));
    text += row("perplexity", fmt::format("{:.4f} a token", result.perplexity()));
    if (result.bytes > 0) {
        text += row("bits a byte", fmt::format("{:.4f}", result.bits_per_byte()));
    }
    text += row("speed",
                fmt::format("{:.0f} tokens/s on {} thread{} ({:.2f} s)", static_cast<double>(progress.load()) / wall_s,
                            model.threads(), model.threads() == 1 ? "" : "s", wall_s));
    fmt::print("{}", text);
    return 0;
}

int adapt_command(const LanguageArguments& arguments) {
    const std::filesystem::path output = output_target(arguments.output);
    LanguageModelOptions options = arguments.model;
    const ModelFile adapted = load_model_file(options.model, options.overrides);
    options.overrides.clear();
    options.engine = AttentionEngine::functional;
    LanguageModel model(options);
    const std::vector<TokenId> tokens = read_tokens(arguments, model, 2);
    const Samples samples = take_samples(tokens, model.file().shape.positions, arguments.samples);

    const StageMoments target = measure(model, samples);
    AnalogSettings settings = *adapted.analog;
    fmt::print("{} samples of {} tokens; {} cell to {} cell\n", samples.size(), samples.front().size(),
               to_string(model.file().analog->head.cell.model), to_string(settings.head.cell.model));
    fmt::print("  {:>9}{:>9}{:>14}{:>14}  at\n", "iteration", "weight", "mean error", "worst error");
    const AdaptStep last = adapt(model, samples, target, arguments.adapt, settings, [](const AdaptStep& step) {
        fmt::print("  {:>9}{:>9.3f}{:>14.6f}{:>14.6f}  layer {}, head {}, {}\n", step.iteration, step.weight,
                   step.mean_error, step.worst.error, step.worst.layer, step.worst.head, to_string(step.worst.stage));
        std::fflush(stdout);
    });
    const std::filesystem::path folder = output.has_parent_path() ? output.parent_path() : ".";
    write_file(output, model_text(adapted, settings, folder));
    fmt::print("{} after {} iterations; wrote {}\n",
               last.worst.error <= arguments.adapt.tolerance ? "converged" : "not converged", last.iteration,
               printable(arguments.output));
    return 0;
}

int tokenize_command(const LanguageArguments& arguments) {
    const std::unique_ptr<Tokenizer> tokenizer = load_tokenizer(arguments.tokenizer);
    for (const TokenId token : tokenizer->encode(read_text(arguments.text), arguments.text)) {
        fmt::print("{}\n", token);
    }
    return 0;
}

void add_model_options(CLI::App& command, LanguageArguments& a, bool with_engine) {
    a.model.model = shipped::model();
    command
        .add_option("--model", a.model.model,
                    "A model's JSON file, or a folder with config.json (default: the one that ships)")
        ->option_text("PATH");
    command
        .add_option("--set", a.model.overrides,
                    "Changes a key of hardware attention, such as cell.model=cubic or window=64; may be repeated")
        ->option_text("KEY=VALUE")
        ->allow_extra_args(false);
    if (with_engine) {
        add_choice<AttentionEngine>(command, "--engine", a.model.engine,
                                    {{"softmax", AttentionEngine::softmax},
                                     {"functional", AttentionEngine::functional},
                                     {"rtl", AttentionEngine::rtl}},
                                    "What computes attention (default: softmax; for a model that was trained for "
                                    "hardware attention rtl to generate, functional to eval)");
        add_choice<Mode>(command, "--mode", a.model.mode,
                         {{"sequential", Mode::sequential}, {"pipelined", Mode::pipelined}},
                         "How a prompt's tokens enter (rtl engine; default sequential)");
    }
    add_number<unsigned>(command, "--threads", a.model.threads, 1, 1024, "Threads (default: one a core)");
}

void add_generate(CLI::App& command, LanguageArguments& a) {
    add_model_options(command, a, true);
    command.add_option("--prompt", a.prompt, fmt::format("The text to continue (default \"{}\")", a.prompt))
        ->option_text("TEXT");
    add_number<std::size_t>(command, "--tokens", a.count, 1, std::size_t{1} << 32U, "Tokens to write (default 400)");
    add_number<double>(command, "--temperature", a.sampler.temperature, 0.0, 100.0,
                       "0: always the likeliest token; 1: as the model says (default 0.8)");
    add_number<std::size_t>(command, "--top-k", a.sampler.top_k, 0, SIZE_MAX,
                            "Draws from so many of the likeliest tokens, 0 from all (default 40)");
    add_number<std::uint64_t>(command, "--seed", a.sampler.seed, 0, UINT64_MAX, "Of the drawing (default 1)");
}

void add_eval(CLI::App& command, LanguageArguments& a) {
    add_model_options(command, a, true);
    CLI::Option* text = command.add_option("--text", a.text, "What to predict")->option_text("FILE");
    command.add_option("--tokens", a.tokens, "The same as token ids: array tokens")
        ->option_text("FILE.npz")
        ->excludes(text);
    command.add_option("--task", a.task, "Questions with choices, or last words, as JSON lines (sim/language/task.h)")
        ->option_text("FILE.jsonl")
        ->excludes(text);
    add_number<std::size_t>(command, "--limit", a.limit, 1, SIZE_MAX, "Only the first N tokens");
    add_number<std::size_t>(command, "--stride", a.stride, 1, SIZE_MAX,
                            "Tokens from one stretch of the text to the next (default: the model's positions)");
    CLI::Option* logits = command.add_option("--logits", a.logits, "Writes the logits of one sequence instead");
    logits->option_text("FILE.npz");
    command
        .add_option("--projections", a.projections,
                    "Writes q, k, v of all heads over one sequence instead, layer after layer: an input of gca run")
        ->option_text("FILE.npz")
        ->excludes(logits);
    command.add_flag("--json", a.json, "Prints JSON");
}

void add_adapt(CLI::App& command, LanguageArguments& a) {
    add_model_options(command, a, false);
    command.add_option("--text", a.text, "Where the samples come from")->required()->option_text("FILE");
    command.add_option("--output", a.output, "The model's JSON file with its new scalers")
        ->required()
        ->option_text("FILE.json");
    add_number<std::size_t>(command, "--samples", a.samples, 1, std::size_t{1} << 20U,
                            "Stretches of text, as long as the model's positions (default 8)");
    add_number<std::size_t>(command, "--iterations", a.adapt.iterations, 1, 100000, "At most (default 100)");
    add_number<double>(command, "--tolerance", a.adapt.tolerance, 0.0, 1e9,
                       "How near means and deviations must come (default 1e-4)");
}

void add_tokenize(CLI::App& command, LanguageArguments& a) {
    command.add_option("--tokenizer", a.tokenizer, "A folder with vocab.json and merges.txt; without them, bytes")
        ->required()
        ->option_text("FOLDER");
    command.add_option("--text", a.text, "What to encode")->required()->option_text("FILE");
}

struct Entry {
    LanguageCommand command;
    const char* name;
    const char* help;
    void (*add_options)(CLI::App&, LanguageArguments&);
    int (*run)(const LanguageArguments&);
};

constexpr std::array kEntries{
    Entry{LanguageCommand::generate, "generate", "Writes text with a language model", add_generate, generate_command},
    Entry{LanguageCommand::eval, "eval", "Measures how well a language model predicts a text", add_eval, eval_command},
    Entry{LanguageCommand::adapt, "adapt", "Moves a model to another cell by its scalers, without training", add_adapt,
          adapt_command},
    Entry{LanguageCommand::tokenize, "tokenize", "Prints a text's token ids", add_tokenize, tokenize_command},
};

}  // namespace

void add_language_commands(CLI::App& app, LanguageArguments& arguments, const std::function<void()>& chosen) {
    for (const Entry& entry : kEntries) {
        CLI::App* command = app.add_subcommand(entry.name, entry.help);
        entry.add_options(*command, arguments);
        command->callback([&arguments, &entry, chosen] {
            arguments.command = entry.command;
            chosen();
        });
    }
}

int language_command(const LanguageArguments& arguments) {
    catch_interrupts();
    const auto* const entry =
        std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& e) { return e.command == arguments.command; });
    return entry->run(arguments);
}

}  // namespace gca
