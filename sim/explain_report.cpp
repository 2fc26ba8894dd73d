#include "sim/explain_report.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/difference_json.h"

namespace gca {

namespace {

using Json = nlohmann::ordered_json;

std::string row(std::string_view name, const std::string& value) {
    return fmt::format("  {:<22}{}\n", name, value);
}

std::string range(std::size_t first, std::size_t last) {
    return first == last ? fmt::format("{}", first) : fmt::format("{} to {}", first, last);
}

/// Counts and steps are whole and signed; without a quantiser it is the clamped value.
std::string format_count(const Config& config, double count) {
    if (count == 0.0) {
        return "0";
    }
    return config.quantization.output == OutputQuantizer::off ? fmt::format("{:+.4f}", count)
                                                              : fmt::format("{:+.0f}", count);
}

std::string head_rows(const RunOptions& options, const Explanation& e) {
    const OutputPlace& place = e.place;
    std::string engine = std::string(to_string(options.engine));
    if (options.engine == Engine::rtl) {
        engine += fmt::format(", {}, back-pressure {}", to_string(options.mode), to_string(options.backpressure));
    }
    std::string text = fmt::format("head {}, token {}, output {} ({}, window {})\n", place.head, place.token,
                                   place.output, engine, e.window);
    const std::vector<StoredToken>& stored = e.expected.stored;
    const std::size_t columns = stored.size();
    const std::size_t own = *stored.back().key.column;
    // The ring: up to the token's own column, and behind it once the window has wrapped.
    const std::string where =
        own + 1 == columns ? range(0, own) : fmt::format("{} and {}", range(own + 1, columns - 1), range(0, own));
    text += row("sees", fmt::format("token{} {} in column{} {}", columns == 1 ? "" : "s",
                                    range(stored.front().token, place.token), columns == 1 ? "" : "s", where));
    std::string cycles;
    const auto add = [&cycles](const char* what, std::optional<std::uint64_t> cycle) {
        if (cycle) {
            cycles += fmt::format("{}{} {}", cycles.empty() ? "" : ", ", what, *cycle);
        }
    };
    add("accepted", e.got.accepted_cycle);
    add("scored", e.got.scored_cycle);
    add("mixed", e.got.mixed_cycle);
    add("counted", e.got.counted_cycle);
    add("delivered", e.got.delivered_cycle);
    text += cycles.empty() ? "" : row("cycles", cycles);
    return text;
}

const char* count_title(OutputQuantizer output) {
    switch (output) {
        case OutputQuantizer::counter:
            return "count";
        case OutputQuantizer::mid_tread:
            return "steps";
        case OutputQuantizer::off:
            break;
    }
    return "value";
}

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

/// A word for each flag that is set, and a line that explains the words in use.
class Notes {
 public:
    std::string of(const TileShare& tile) {
        std::string text;
        for (std::size_t i = 0; i < kNotes.size(); ++i) {
            if (tile.*kNotes[i].flag) {
                text += fmt::format("{}{}", text.empty() ? "" : ", ", kNotes[i].word);
                used_[i] = true;
            }
        }
        return text;
    }
    [[nodiscard]] std::string legend() const {
        std::string text;
        for (std::size_t i = 0; i < kNotes.size(); ++i) {
            if (used_[i]) {
                text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", kNotes[i].word, kNotes[i].meaning);
            }
        }
        return text.empty() ? "" : fmt::format("  {}\n", text);
    }

 private:
    struct Note {
        bool TileShare::*flag;
        const char* word;
        const char* meaning;
    };
    static constexpr std::array<Note, 3> kNotes{{{&TileShare::clipped, "clipped", "A is beyond full scale"},
                                                 {&TileShare::full, "full", "the last level"},
                                                 {&TileShare::near, "near", "within 1e-9 of a threshold"}}};
    std::array<bool, kNotes.size()> used_{};
};

std::string tile_table(const Config& config, const Explanation& e) {
    const char* count = count_title(config.quantization.output);
    std::string text = fmt::format("\n{:>10}{:>9}{:>8}{:>8}{:>11}{:>13}{:>10}{:>8}{:>13}{:>8}\n", "sub-tile", "columns",
                                   "pulsed", "silent", "saturated", "charge A", "pulse ns", count, "reference", count);
    Notes notes;
    for (const TileShare& tile : e.tiles) {
        text += trimmed(fmt::format("{:>10}{:>9}{:>8}{:>8}{:>11}{:>+13.6f}{:>10.3f}{:>8}{:>+13.6f}{:>8}  {}", tile.tile,
                                    tile.columns, tile.pulsed, tile.columns - tile.pulsed, tile.saturated, tile.charge,
                                    tile.pulse_ns, format_count(config, tile.count), tile.expected_charge,
                                    format_count(config, tile.expected_count), notes.of(tile)));
    }
    text +=
        fmt::format("{:>10}{:>67}{:>21}\n", "sum", format_count(config, e.sum), format_count(config, e.expected_sum));
    text += fmt::format("{:>10}{:>67.4f}{:>21.4f}\n", "y", e.y, e.expected_y);
    const std::size_t unused = config.geometry.tiles - e.tiles.size();
    if (unused > 0) {
        text += unused == 1 ? "  the other sub-tile holds no token that it sees\n"
                            : fmt::format("  the other {} sub-tiles hold no token that it sees\n", unused);
    }
    return text + notes.legend();
}

/// The columns that count most, sub-tile by sub-tile; a sub-tile's lines add up to its charge.
std::string contribution_table(const Config& config, const Explanation& e) {
    const double scale = output_scale(config.quantization) / config.charge_to_pulse.a_sat;
    std::string text =
        fmt::format("\n{:>10}{:>10}{:>9}{:>13}{:>10}{:>13}{:>13}{:>12}\n", "sub-tile", "token", "column", "charge S",
                    "pulse ns", "V cell", "adds to A", fmt::format("as {}", count_title(config.quantization.output)));
    for (const TileShare& tile : e.tiles) {
        std::string name = fmt::format("{}", tile.tile);
        for (const Contribution& c : tile.largest) {
            text += fmt::format("{:>10}{:>10}{:>9}{:>+13.6f}{:>10.3f}{:>+13.6f}{:>+13.6f}{:>+12.3f}\n", name, c.token,
                                c.column, c.column_charge, c.width_ns, c.cell, c.charge, c.charge * scale);
            name.clear();
        }
        if (tile.pulsed > tile.largest.size()) {
            text += fmt::format("{:>20}{:>58}{:>+12.3f}\n", fmt::format("{} more", tile.pulsed - tile.largest.size()),
                                fmt::format("{:+.6f}", tile.others), tile.others * scale);
        }
    }
    return text;
}

/// What the comparison of all stages says.
std::string verdict(const Config& config, const Explanation& e) {
    std::string text = "\n";
    if (!e.difference) {
        text += row("against reference",
                    fmt::format("the same at every stage, for all {} outputs of the token", config.geometry.dim));
    } else {
        text +=
            row("against reference", e.elsewhere ? "this output is the same at every stage, but others differ, first at"
                                                 : "differs first at");
        text += row("", format_difference(*e.difference));
    }
    if (e.undecidable > 0) {
        text += row("", fmt::format("{} of {} outputs undecidable: within 1e-9 of a rounding threshold", e.undecidable,
                                    config.geometry.dim));
    }
    return text;
}

Json tile_json(const TileShare& tile) {
    Json json{{"tile", tile.tile},
              {"columns", tile.columns},
              {"pulsed", tile.pulsed},
              {"silent", tile.columns - tile.pulsed},
              {"saturated", tile.saturated},
              {"charge", tile.charge},
              {"pulse_ns", tile.pulse_ns},
              {"count", tile.count},
              {"charge_clipped", tile.clipped},
              {"counter_full", tile.full},
              {"near_threshold", tile.near},
              {"reference", {{"charge", tile.expected_charge}, {"count", tile.expected_count}}}};
    json["contributions"] = Json::array();
    for (const Contribution& c : tile.largest) {
        json["contributions"].push_back({{"token", c.token},
                                         {"column", c.column},
                                         {"column_charge", c.column_charge},
                                         {"pulse_ns", c.width_ns},
                                         {"cell", c.cell},
                                         {"charge", c.charge}});
    }
    json["other_contributions"] = tile.others;
    return json;
}

}  // namespace

std::string format_explanation(const Config& config, const RunOptions& options, const Explanation& explanation) {
    return head_rows(options, explanation) + tile_table(config, explanation) + contribution_table(config, explanation) +
           verdict(config, explanation);
}

std::string explanation_json(const Config& config, const RunOptions& options, const Explanation& e) {
    Json json{{"head", e.place.head},
              {"token", e.place.token},
              {"output", e.place.output},
              {"engine", to_string(options.engine)}};
    if (options.engine == Engine::rtl) {
        json["mode"] = to_string(options.mode);
        json["backpressure"] = to_string(options.backpressure);
        json["seed"] = options.seed;
    }
    json["window"] = e.window;
    json["first_token_seen"] = e.expected.stored.front().token;
    const auto add_cycle = [&json](const char* name, std::optional<std::uint64_t> cycle) {
        if (cycle) {
            json["cycles"][name] = *cycle;
        }
    };
    add_cycle("accepted", e.got.accepted_cycle);
    add_cycle("scored", e.got.scored_cycle);
    add_cycle("mixed", e.got.mixed_cycle);
    add_cycle("counted", e.got.counted_cycle);
    add_cycle("summed", e.got.summed_cycle);
    add_cycle("delivered", e.got.delivered_cycle);
    json["tiles"] = Json::array();
    for (const TileShare& tile : e.tiles) {
        json["tiles"].push_back(tile_json(tile));
    }
    json["unused_tiles"] = config.geometry.tiles - e.tiles.size();
    json["sum"] = e.sum;
    json["y"] = e.y;
    json["reference"] = {{"sum", e.expected_sum}, {"y", e.expected_y}};
    json["undecidable_outputs"] = e.undecidable;
    json["difference"] = e.difference ? difference_json(*e.difference) : Json();
    if (e.difference) {
        json["difference"]["elsewhere"] = e.elsewhere;
    }
    return json.dump(2) + "\n";
}

}  // namespace gca
