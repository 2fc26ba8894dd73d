#include "sim/stage_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

namespace gca {

namespace {

constexpr double kMargin = 1e-9;

double largest_magnitude(std::span<const double> values, double least) {
    double largest = least;
    for (const double value : values) {
        largest = std::max(largest, std::fabs(value));
    }
    return largest;
}

class Search {
 public:
    Search(const Config& config, const StageRecord& expected, const StageRecord& got, std::optional<std::size_t> output)
        : config_(config), dim_(config.geometry.dim), expected_(expected), got_(got), output_(output) {}

    [[nodiscard]] std::optional<Difference> first() const {
        constexpr std::array kStages{&Search::writes, &Search::query,   &Search::column_charges,
                                     &Search::pulses, &Search::charges, &Search::output_pulses,
                                     &Search::counts, &Search::sums,    &Search::delivery};
        for (const auto stage : kStages) {
            if (const std::optional<Difference> difference = (this->*stage)()) {
                return difference;
            }
        }
        return {};
    }

 private:
    using Found = std::optional<Difference>;

    [[nodiscard]] bool wanted(std::size_t output) const { return !output_ || *output_ == output; }
    /// `found` with both values if they differ.
    static Found compare(Difference found, double expected, std::optional<double> got, double margin = 0.0) {
        if (got && std::fabs(expected - *got) <= margin) {
            return {};
        }
        found.expected = expected;
        found.got = got;
        return found;
    }

    [[nodiscard]] Found write(const StoredToken& stored, const ColumnWrite& expected, const ColumnWrite& got,
                              std::string_view array) const {
        Difference found{.stage = Stage::s0_write, .quantity = Quantity::column, .array = array, .token = stored.token};
        found.cycle = got.cycle;
        const auto column = static_cast<double>(*expected.column);
        if (const Found other =
                compare(found, column, got.column ? std::optional<double>(*got.column) : std::nullopt)) {
            return other;
        }
        found.column = got.column;
        const bool codes = got_.cells == CellUnit::code;
        found.quantity = codes ? Quantity::code : Quantity::volts;
        for (std::size_t row = 0; row < dim_; ++row) {
            if (array == "V" && !wanted(row)) {
                continue;
            }
            found.row = row;
            if (const Found other =
                    compare(found, expected.cells[row], got.cells[row], codes ? 0.0 : kMargin * kSupplyV)) {
                return other;
            }
        }
        return {};
    }

    [[nodiscard]] Found writes() const {
        for (std::size_t i = 0; i < expected_.stored.size(); ++i) {
            const StoredToken& expected = expected_.stored[i];
            const StoredToken& got = got_.stored[i];
            for (const Found& found :
                 {write(got, expected.key, got.key, "K"), write(got, expected.value, got.value, "V")}) {
                if (found) {
                    return found;
                }
            }
        }
        return {};
    }

    [[nodiscard]] Found query() const {
        Difference found{.stage = Stage::s1_query, .quantity = Quantity::cycles, .cycle = got_.scored_cycle};
        for (std::size_t row = 0; row < dim_; ++row) {
            found.row = row;
            if (const Found other = compare(found, expected_.query[row], at(got_.query, row), kMargin)) {
                return other;
            }
        }
        return {};
    }

    [[nodiscard]] double column_scale() const {
        return largest_magnitude(expected_.column_charge, config_.charge_to_pulse.s_sat);
    }

    [[nodiscard]] Found column_charges() const {
        Difference found{.stage = Stage::s2_column_charge, .quantity = Quantity::charge};
        found.cycle = got_.scored_cycle;
        for (const StoredToken& stored : expected_.stored) {
            const std::size_t column = *stored.key.column;
            if (column >= got_.column_charge.size()) {
                continue;  // S3 did not let it emit: found there
            }
            found.token = stored.token;
            found.column = column;
            if (const Found other = compare(found, expected_.column_charge[column], got_.column_charge[column],
                                            kMargin * column_scale())) {
                return other;
            }
        }
        return {};
    }

    [[nodiscard]] Found pulses() const {
        Difference found{.stage = Stage::s3_column_pulse, .quantity = Quantity::width_ns};
        found.cycle = got_.scored_cycle;
        const double longest = longest_query_cycles(config_.quantization);
        const double margin = kMargin * longest * column_scale() / config_.charge_to_pulse.s_sat;
        std::vector<std::optional<std::size_t>> holds(expected_.column_width.size());
        for (const StoredToken& stored : expected_.stored) {
            holds[*stored.key.column] = stored.token;
        }
        for (std::size_t column = 0; column < holds.size(); ++column) {
            found.token = holds[column];
            found.column = column;
            if (const Found other = compare(found, longest * expected_.column_width[column],
                                            longest * at(got_.column_width, column).value_or(0.0), margin)) {
                return other;
            }
        }
        return {};
    }

    [[nodiscard]] Found charges() const {
        const double scale = largest_magnitude(expected_.charge, config_.charge_to_pulse.a_sat);
        return outputs_of_tiles({.stage = Stage::s4_charge, .quantity = Quantity::charge, .cycle = got_.mixed_cycle},
                                expected_.charge, got_.charge, kMargin * scale);
    }

    [[nodiscard]] Found output_pulses() const {
        return outputs_of_tiles({.stage = Stage::s5_pulse, .cycle = got_.mixed_cycle},
                                but_near(expected_.pulse, got_.pulse), got_.pulse, kMargin);
    }

    [[nodiscard]] Found counts() const {
        const std::vector<double>& own = got_.pulse.empty() ? got_.count : got_.pulse;
        return outputs_of_tiles({.stage = Stage::s6_count, .cycle = got_.counted_cycle}, but_near(expected_.count, own),
                                got_.count, kMargin);
    }

    [[nodiscard]] Found sums() const {
        std::vector<double> own(dim_, 0.0);
        for (std::size_t i = 0; i < got_.count.size(); ++i) {
            own[i % dim_] += got_.count[i];
        }
        return outputs({.stage = Stage::s7_sum, .cycle = got_.summed_cycle}, expected_.sum, own, got_.sum);
    }

    [[nodiscard]] Found delivery() const {
        return outputs({.stage = Stage::s8_delivered, .cycle = got_.delivered_cycle}, expected_.delivered, got_.sum,
                       got_.delivered);
    }

    /// [tiles][dim] `expected`, but `own` where that is near a threshold.
    [[nodiscard]] std::vector<double> but_near(std::vector<double> expected, const std::vector<double>& own) const {
        for (std::size_t i = 0; i < std::min(expected.size(), own.size()); ++i) {
            expected[i] = expected_.near[i] != 0 ? own[i] : expected[i];
        }
        return expected;
    }

    /// The rtl engine has all stages; the others may lack one.
    [[nodiscard]] bool lacks(const std::vector<double>& stage) const {
        return stage.empty() && !got_.accepted_cycle.has_value();
    }

    [[nodiscard]] Found outputs_of_tiles(Difference found, const std::vector<double>& expected,
                                         const std::vector<double>& got, double margin) const {
        for (std::size_t i = 0; i < (lacks(got) ? 0 : expected.size()); ++i) {
            if (!wanted(i % dim_)) {
                continue;
            }
            found.tile = i / dim_;
            found.output = i % dim_;
            if (const Found other = compare(found, expected[i], at(got, i), margin)) {
                return other;
            }
        }
        return {};
    }

    /// [dim]; `own` is what is expected where a sub-tile is near a threshold.
    [[nodiscard]] Found outputs(Difference found, const std::vector<double>& expected, const std::vector<double>& own,
                                const std::vector<double>& got) const {
        const double margin = kMargin * static_cast<double>(config_.geometry.tiles);
        for (std::size_t e = 0; e < (lacks(got) ? 0 : dim_); ++e) {
            if (!wanted(e)) {
                continue;
            }
            found.output = e;
            const bool near = undecidable(expected_, e) && e < own.size();
            if (const Found other = compare(found, near ? own[e] : expected[e], at(got, e), margin)) {
                return other;
            }
        }
        return {};
    }

    static std::optional<double> at(const std::vector<double>& values, std::size_t i) {
        return i < values.size() ? std::optional<double>(values[i]) : std::nullopt;
    }

    const Config& config_;
    std::size_t dim_;
    const StageRecord& expected_;
    const StageRecord& got_;
    std::optional<std::size_t> output_;
};

}  // namespace

std::string_view stage_name(Stage stage) {
    constexpr std::array<std::string_view, 9> kNames{
        "write",           "query pulse",           "column charge",    "column pulse",
        "bit line charge", "output pulse and sign", "counter and sign", "sum",
        "delivery"};
    return kNames.at(static_cast<std::size_t>(stage));
}

std::string stage_label(Stage stage) {
    return fmt::format("S{}", static_cast<unsigned>(stage));
}

std::optional<Difference> first_difference(const Config& config, const StageRecord& expected, const StageRecord& got,
                                           std::optional<std::size_t> output) {
    return Search(config, expected, got, output).first();
}

std::string_view to_string(Quantity quantity) {
    constexpr std::array<std::string_view, 7> kNames{"column", "code", "V", "cycles", "charge", "ns", "value"};
    return kNames.at(static_cast<std::size_t>(quantity));
}

std::string format_quantity(Quantity quantity, double value) {
    switch (quantity) {
        case Quantity::column:
            return fmt::format("column {:.0f}", value);
        case Quantity::code:
            return fmt::format("code {:.0f}", value);
        case Quantity::volts:
            return fmt::format("{:.9g} V", value);
        case Quantity::cycles:
            return fmt::format("{:.9g} cycle{}", value, value == 1.0 ? "" : "s");
        case Quantity::charge:
            return fmt::format("{:.9g}", value);
        case Quantity::width_ns:
            return value == 0.0 ? "no pulse" : fmt::format("{:.9g} ns", value);
        case Quantity::value:
            break;
    }
    return value == 0.0 ? "0" : fmt::format("{:+.9g}", value);
}

std::string format_place(const Difference& difference) {
    std::string place = difference.array.empty() ? "" : fmt::format(", {} array", difference.array);
    const auto add = [&place](const char* name, std::optional<std::size_t> index) {
        if (index) {
            place += fmt::format(", {} {}", name, *index);
        }
    };
    add("column", difference.column);
    if (difference.stage == Stage::s3_column_pulse && !difference.token) {
        place += " (holds no token of the sequence)";
    }
    add("token", difference.token);
    add("row", difference.row);
    add("sub-tile", difference.tile);
    add("output", difference.output);
    return place.empty() ? place : place.substr(2);
}

std::string format_difference(const Difference& difference) {
    const std::string cycle = difference.cycle ? fmt::format("cycle {}, ", *difference.cycle) : "";
    return fmt::format("{}stage {} ({}), {}: expected {}, got {}", cycle, stage_label(difference.stage),
                       stage_name(difference.stage), format_place(difference),
                       format_quantity(difference.quantity, difference.expected),
                       difference.got ? format_quantity(difference.quantity, *difference.got) : "nothing");
}

}  // namespace gca
