#include "sim/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/config_file.h"
#include "sim/difference_json.h"
#include "sim/output_file.h"
#include "sim/printable.h"

namespace gca {

namespace {

std::string row(std::string_view name, const std::string& value) {
    return fmt::format("  {:<22}{}\n", name, value);
}

std::string range(std::uint64_t least, std::uint64_t greatest, const char* unit) {
    return least == greatest ? fmt::format("{} {}", least, unit) : fmt::format("{} to {} {}", least, greatest, unit);
}

std::string share(std::uint64_t part, double whole) {
    return whole > 0 ? fmt::format("{} ({:.2f} %)", part, 100.0 * static_cast<double>(part) / whole)
                     : fmt::format("{}", part);
}

/// Column and token pairs that took part in the run.
double visible_pairs(const Sequences& sequences, std::size_t window) {
    const auto tokens = static_cast<double>(sequences.tokens);
    const double ramp = std::min(tokens, static_cast<double>(window));
    const double pairs = ramp * (ramp + 1) / 2 + (tokens - ramp) * static_cast<double>(window);
    return pairs * static_cast<double>(sequences.heads);
}

/// Tokens that were run and not only taken over from a checkpoint.
std::uint64_t tokens_run(const Sequences& sequences, const RunResult& result) {
    return sequences.heads * (sequences.tokens - result.first_token);
}

std::string check_rows(const Sequences& sequences, const RunOptions& options, const RunResult& result) {
    const CheckResult& check = result.check;
    if (tokens_run(sequences, result) == 0 || options.check == Check::never) {
        return row("check", "none");
    }
    if (!check.done) {
        return row("check",
                   fmt::format("left out, it would take about {:.1f} s (--check always does it)", check.estimated_s));
    }
    std::string text =
        row("against reference",
            fmt::format("{} of {} outputs differ{}", check.mismatches, check.outputs,
                        check.mismatches == 0 ? "" : fmt::format(", by at most {:.3g}", check.largest_difference)));
    if (check.near_threshold != 0) {
        const std::string margin = check.margin > 1e-9 ? fmt::format("{:.2g}", check.margin) : "1e-9";
        text += row("", fmt::format("{} left out: within {} of a rounding threshold", check.near_threshold, margin));
    }
    if (check.first) {
        text += row("", fmt::format("first: head {}, token {}, output {}: expected {}, got {}", check.first->head,
                                    check.first->token, check.first->output, check.first->expected, check.first->got));
    }
    if (check.location) {
        const Location& location = *check.location;
        text += row("", location.difference ? format_difference(*location.difference)
                                            : fmt::format("its stage: {}", location.why_not));
    }
    if (check.softmax_heads == 0) {
        return text + row("against softmax", "nothing to compare: all outputs are zero");
    }
    text += row("against softmax", fmt::format("cosine {:.3f}, rms difference {:.1f} % after the best scale",
                                               check.softmax_cosine, 100.0 * check.softmax_rms_relative));
    return text;
}

}  // namespace

std::string format_table(const Config& config, const Sequences& sequences, const RunOptions& options,
                         const RunResult& result) {
    const std::uint64_t head_tokens = sequences.heads * sequences.tokens;
    const Geometry& g = config.geometry;
    std::string text = row("head", fmt::format("{} x {} x {} (dimension, tokens a sub-tile, sub-tiles), window {}",
                                               g.dim, g.tile_tokens, g.tiles, result.window));
    text += row("engine",
                options.engine == Engine::board
                    ? fmt::format("board at {}, {} baud", printable(options.board.port.string()), options.board.baud)
                : has_clock(options.engine) ? fmt::format("{}, {}, back-pressure {}", to_string(options.engine),
                                                          to_string(options.mode), to_string(options.backpressure))
                                            : std::string(to_string(options.engine)));
    if (options.lockstep) {
        text += row("against rtl", "every output pin the same at every edge");
    }
    text += row("tokens", fmt::format("{} ({} heads of {}{})", head_tokens, sequences.heads, sequences.tokens,
                                      options.resume ? fmt::format(", resumed at token {}", result.first_token) : ""));
    if (result.timing && result.timing->tokens > 0) {
        const RtlTiming& t = *result.timing;
        text += row("cycles", options.resume ? fmt::format("{}, {} of them after the checkpoint", t.cycles,
                                                           t.cycles - t.cycles_before)
                                             : fmt::format("{}", t.cycles));
        text += row("latency", range(t.min_latency, t.max_latency, "ns"));
        if (t.max_interval > 0) {
            text += row("interval", range(t.min_interval, t.max_interval, "ns"));
        }
    }
    if (result.board) {
        const BoardFigures& b = *result.board;
        text += row("line", fmt::format("{} frames, {} sent again, {} damaged answers, opened again {} times",
                                        b.link.frames, b.link.repeats, b.link.damaged, b.link.reopened));
        text += row("board", fmt::format("{} wrong CRCs, {} frames cut short, {} bad stop bits, {} answered again, "
                                         "{} sessions lost",
                                         b.status.wrong_crc, b.status.cut_short, b.status.bad_stop_bit,
                                         b.status.repeated, b.sessions_lost));
    }
    const auto tokens = static_cast<double>(tokens_run(sequences, result));
    const double rate = result.wall_s > 0 ? tokens / result.wall_s : 0.0;
    text += row("speed", fmt::format("{:.0f} head-tokens/s on {} thread{} ({:.2f} s)", rate, result.threads,
                                     result.threads == 1 ? "" : "s", result.wall_s));
    text += row("clamped inputs", share(sequences.clamped, 3.0 * static_cast<double>(sequences.q.size())));
    text += row("saturated pulses", share(result.statistics.phi_saturated, visible_pairs(sequences, result.window)));
    if (result.board && result.board->sessions_lost > 0) {
        text += row("full counters", "not known: the board was reset");
    } else if (config.quantization.output == OutputQuantizer::counter) {
        const std::size_t counters = g.tiles * g.dim;
        text += row("full counters", share(result.statistics.counts_saturated,
                                           static_cast<double>(head_tokens) * static_cast<double>(counters)));
    }
    return text + check_rows(sequences, options, result);
}

void write_report(const std::filesystem::path& file, const Config& config, const Sequences& sequences,
                  const RunOptions& options, const RunResult& result) {
    nlohmann::ordered_json json;
    const Geometry& g = config.geometry;
    json["geometry"] = {{"dim", g.dim}, {"tile_tokens", g.tile_tokens}, {"tiles", g.tiles}};
    json["window"] = result.window;
    json["engine"] = to_string(options.engine);
    if (has_clock(options.engine)) {
        json["mode"] = to_string(options.mode);
        json["backpressure"] = to_string(options.backpressure);
    }
    json["seed"] = options.seed;
    json["threads"] = result.threads;
    json["heads"] = sequences.heads;
    json["tokens"] = sequences.tokens;
    if (options.resume) {
        json["first_token"] = result.first_token;
    }
    if (result.timing && result.timing->tokens > 0) {
        const RtlTiming& t = *result.timing;
        json["cycles"] = t.cycles;
        if (options.resume) {
            json["cycles_after_checkpoint"] = t.cycles - t.cycles_before;
        }
        json["latency_ns"] = {{"min", t.min_latency}, {"max", t.max_latency}};
        if (t.max_interval > 0) {
            json["interval_ns"] = {{"min", t.min_interval}, {"max", t.max_interval}};
        }
    }
    if (result.board) {
        const BoardFigures& b = *result.board;
        json["board"] = {{"frames", b.link.frames},
                         {"repeats", b.link.repeats},
                         {"damaged_answers", b.link.damaged},
                         {"reopened", b.link.reopened},
                         {"sessions_lost", b.sessions_lost},
                         {"tokens", b.status.tokens},
                         {"wrong_crc", b.status.wrong_crc},
                         {"cut_short", b.status.cut_short},
                         {"bad_stop_bit", b.status.bad_stop_bit},
                         {"repeated", b.status.repeated},
                         {"margin", b.margin}};
    }
    json["wall_s"] = result.wall_s;
    json["head_tokens_per_s"] =
        result.wall_s > 0 ? static_cast<double>(tokens_run(sequences, result)) / result.wall_s : 0.0;
    json["clamped_inputs"] = sequences.clamped;
    json["saturated_pulses"] = result.statistics.phi_saturated;
    json["full_counters"] = result.statistics.counts_saturated;
    const CheckResult& check = result.check;
    json["check"] = {{"done", check.done}};
    if (check.done) {
        json["check"]["outputs"] = check.outputs;
        json["check"]["near_threshold"] = check.near_threshold;
        json["check"]["mismatches"] = check.mismatches;
        json["check"]["largest_difference"] = check.largest_difference;
        if (check.first) {
            const Mismatch& first = *check.first;
            json["check"]["first"] = {{"head", first.head},
                                      {"token", first.token},
                                      {"output", first.output},
                                      {"expected", first.expected},
                                      {"got", first.got}};
        }
        if (check.location && check.location->difference) {
            json["check"]["first"]["difference"] = difference_json(*check.location->difference);
        }
        if (check.softmax_heads > 0) {
            json["check"]["softmax_cosine"] = check.softmax_cosine;
            json["check"]["softmax_rms_relative"] = check.softmax_rms_relative;
        }
    }
    json["config"] = print_config(config);
    write_file(file, json.dump(2) + "\n");
}

}  // namespace gca
