#include "sim/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "behavioral/error.h"
#include "behavioral/functional_head.h"
#include "behavioral/reference.h"
#include "sim/rtl_engine.h"

namespace gca {

namespace {

// More than the tokens that can enter the head before the explained one has left it.
constexpr std::size_t kFollowers = 8;

void check_place(const Sequences& sequences, const OutputPlace& place) {
    const auto require = [](const char* option, std::size_t value, std::size_t size, const char* what) {
        if (size == 0) {
            throw InputError(fmt::format("{} is {}: the input has no {}", option, value, what));
        }
        if (value >= size) {
            throw InputError(
                fmt::format("{} is {}: must be 0 to {}, the input has {} {}", option, value, size - 1, size, what));
        }
    };
    require("--head", place.head, sequences.heads, "heads");
    require("--token", place.token, sequences.tokens, "tokens");
    require("--output", place.output, sequences.dim, "outputs");
}

StageRecord record_rtl(const Config& config, const Sequences& sequences, const RunOptions& options, std::size_t window,
                       const OutputPlace& place) {
    RtlEngine engine(config, {.window = window,
                              .mode = options.mode,
                              .backpressure = options.backpressure,
                              .seed = options.seed,
                              .trace = {}});
    const auto run_head = [&](std::size_t head, std::size_t tokens) {
        engine.run(
            head, tokens, [&](std::size_t token) { return sequences.token(head, token); },
            [](std::size_t /*token*/, std::span<const std::int32_t> /*sums*/) {});
    };
    for (std::size_t head = 0; head < place.head; ++head) {
        run_head(head, sequences.tokens);
    }
    StageRecorder recorder(config, window, place.token, place.output, engine);
    engine.observe(&recorder);
    run_head(place.head, std::min(sequences.tokens, place.token + 1 + kFollowers));
    engine.observe(nullptr);
    return recorder.record();
}

StageRecord record_functional(const Config& config, const Sequences& sequences, std::size_t window,
                              const OutputPlace& place) {
    FunctionalHead head(config, window);
    StepResult result;
    Probe probe;
    for (std::size_t token = 0; token <= place.token; ++token) {
        head.step(sequences.token(place.head, token), result, token == place.token ? &probe : nullptr);
    }
    return functional_record(config, window, place.token, place.output, head, result, probe);
}

/// The reference forgets all but the last `window` tokens: it starts a whole number of windows later, so that columns
/// stay what they are.
StageRecord record_reference(const Config& config, const Sequences& sequences, std::size_t window, CellUnit unit,
                             const OutputPlace& place) {
    const std::size_t first = (place.token + 1 - std::min(window, place.token + 1)) / window * window;
    Reference reference(config, window);
    StepResult result;
    Probe probe;
    for (std::size_t token = first; token <= place.token; ++token) {
        reference.step(sequences.token(place.head, token), result, token == place.token ? &probe : nullptr);
    }
    return reference_record(config, first, unit, reference, result, probe);
}

/// NaN for what was not seen.
double value_at(const std::vector<double>& values, std::size_t i) {
    return i < values.size() ? values[i] : std::numeric_limits<double>::quiet_NaN();
}

class Shares {
 public:
    Shares(const Config& config, const Explanation& explanation)
        : config_(config), got_(explanation.got), expected_(explanation.expected), output_(explanation.place.output) {}

    [[nodiscard]] std::vector<TileShare> tiles() const {
        std::vector<std::vector<Contribution>> columns(config_.geometry.tiles);
        for (const StoredToken& stored : expected_.stored) {
            columns[*stored.value.column / config_.geometry.tile_tokens].push_back(contribution(stored));
        }
        std::vector<TileShare> tiles;
        for (std::size_t tile = 0; tile < columns.size(); ++tile) {
            if (!columns[tile].empty()) {
                tiles.push_back(share(tile, std::move(columns[tile])));
            }
        }
        return tiles;
    }

 private:
    [[nodiscard]] Contribution contribution(const StoredToken& stored) const {
        Contribution c{.token = stored.token, .column = *stored.value.column};
        if (c.column < got_.column_width.size()) {
            const double width = got_.column_width[c.column];
            c.column_charge = got_.column_charge[c.column];
            c.width_ns = width * longest_query_cycles(config_.quantization);
            c.cell = got_.value_cell[c.column];
            c.charge = width * c.cell;
        }
        return c;
    }

    [[nodiscard]] TileShare share(std::size_t tile, std::vector<Contribution> columns) const {
        const std::size_t i = tile * config_.geometry.dim + output_;
        const double out = value_at(got_.charge, i) / config_.charge_to_pulse.a_sat;
        TileShare share{.tile = tile, .columns = columns.size()};
        const double longest = longest_query_cycles(config_.quantization);
        for (const Contribution& c : columns) {
            share.pulsed += c.width_ns > 0.0 ? 1U : 0U;
            share.saturated += c.width_ns >= longest ? 1U : 0U;
        }
        share.charge = value_at(got_.charge, i);
        share.pulse_ns = std::min(std::fabs(out), 1.0) * longest_output_cycles(config_.quantization);
        share.count = value_at(got_.count, i);
        share.expected_charge = expected_.charge[i];
        share.expected_count = expected_.count[i];
        share.clipped = std::fabs(out) > 1.0;
        share.full = config_.quantization.output != OutputQuantizer::off &&
                     std::fabs(share.count) >= std::nearbyint(output_scale(config_.quantization));
        share.near = expected_.near[i] != 0;

        const std::size_t shown = std::min(TileShare::kShown, columns.size());
        std::partial_sort(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(shown), columns.end(),
                          [](const Contribution& a, const Contribution& b) {
                              const double x = std::fabs(a.charge);
                              const double y = std::fabs(b.charge);
                              return x != y ? x > y : a.token < b.token;
                          });
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (c < shown && columns[c].charge != 0.0) {
                share.largest.push_back(columns[c]);
            } else {
                share.others += columns[c].charge;
            }
        }
        return share;
    }

    const Config& config_;
    const StageRecord& got_;
    const StageRecord& expected_;
    std::size_t output_;
};

}  // namespace

Explanation explain(const Config& config, const Sequences& sequences, const RunOptions& options,
                    const OutputPlace& place) {
    check_options(config, options);
    check_place(sequences, place);
    Explanation e{.place = place, .window = options.window == 0 ? config.geometry.capacity() : options.window};
    e.got = options.engine == Engine::rtl ? record_rtl(config, sequences, options, e.window, place)
                                          : record_functional(config, sequences, e.window, place);
    e.expected = record_reference(config, sequences, e.window, e.got.cells, place);

    e.tiles = Shares(config, e).tiles();
    const auto scaled = [&](double sum) {
        const Scaler& scaler = config.scalers.output;
        return scaler.gain(place.head) * sum / output_scale(config.quantization) + scaler.offset(place.head);
    };
    e.sum = value_at(e.got.sum, place.output);
    e.expected_sum = e.expected.sum[place.output];
    e.y = scaled(e.got.delivered.empty() ? e.sum : e.got.delivered[place.output]);
    e.expected_y = scaled(e.expected_sum);
    for (std::size_t output = 0; output < sequences.dim; ++output) {
        e.undecidable += undecidable(e.expected, output) ? 1U : 0U;
    }
    e.difference = first_difference(config, e.expected, e.got, place.output);
    if (!e.difference) {
        e.difference = first_difference(config, e.expected, e.got, std::nullopt);
        e.elsewhere = e.difference.has_value();
    }
    return e;
}

Location locate(const Config& config, const Sequences& sequences, const RunOptions& options, const Mismatch& first) {
    constexpr std::size_t kMostTokens = 1'000'000;  // half a minute
    if (options.engine == Engine::gates) {
        return {.difference = {}, .why_not = "not known, a netlist has no signals of the stages; --engine rtl has"};
    }
    const std::size_t heads_before = options.engine == Engine::rtl ? first.head : 0;
    const std::size_t tokens_before = heads_before * sequences.tokens + first.token;
    if (tokens_before > kMostTokens) {
        return {.difference = {}, .why_not = fmt::format("left out, {} tokens come before it", tokens_before)};
    }
    try {
        const OutputPlace place{.head = first.head, .token = first.token, .output = first.output};
        const std::optional<Difference> difference = explain(config, sequences, options, place).difference;
        return {.difference = difference,
                .why_not = difference ? "" : "not seen when the heads run one after the other (--threads 1)"};
    } catch (const std::runtime_error& error) {
        return {.difference = {}, .why_not = error.what()};
    }
}

}  // namespace gca
