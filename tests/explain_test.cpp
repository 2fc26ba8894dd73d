// Explanations on every built head: no difference where the engines agree, sums that add up, stages in their cycles;
// and for one altered value a stage, that stage and place.

#include "sim/explain.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "behavioral/error.h"
#include "sim/config_file.h"
#include "sim/explain_report.h"
#include "sim/rtl_head.h"

namespace gca {
namespace {

struct ExplainCase {
    std::string head;
    Mode mode = Mode::sequential;
    Backpressure backpressure = Backpressure::none;
    std::size_t window = 0;
    std::size_t tokens = 0;

    [[nodiscard]] std::string name() const {
        return fmt::format("{}_{}_{}_window{}", head, to_string(mode), to_string(backpressure), window);
    }
};

void PrintTo(const ExplainCase& c, std::ostream* out) {
    *out << c.name();
}

constexpr std::size_t kHeads = 2;
constexpr std::uint64_t kSeed = 7;

class Explain : public testing::TestWithParam<ExplainCase> {
 public:
    Explain() {
        const ExplainCase& c = GetParam();
        const auto& heads = built_heads();
        const BuiltHead& head =
            *std::find_if(heads.begin(), heads.end(), [&](const BuiltHead& built) { return built.name == c.head; });
        config.geometry = head.geometry;
        config.hardware.readout = head.readout;
        config.quantization.query_levels = head.query_levels;
        config.quantization.store_levels = head.store_levels;
        config.quantization.output_levels = head.output_levels;
        config.charge_to_pulse.s_sat *= static_cast<double>(config.geometry.dim) / 64.0;
        config.charge_to_pulse.a_sat *= static_cast<double>(config.geometry.tile_tokens) / 64.0;
        config.leakage.decay_per_token = 0.01;
        options.mode = c.mode;
        options.backpressure = c.backpressure;
        options.window = c.window;
        options.seed = kSeed;
        options.threads = 1;

        sequences = {.heads = kHeads, .tokens = c.tokens, .dim = config.geometry.dim, .q = {}, .k = {}, .v = {}};
        std::mt19937_64 random(kSeed);
        const auto fill = [&](std::vector<double>& values, double full_scale) {
            std::normal_distribution<double> normal(0.5, 0.35);
            values.resize(sequences.heads * sequences.tokens * sequences.dim);
            std::generate(values.begin(), values.end(),
                          [&] { return full_scale * std::clamp(normal(random), 0.0, 1.0); });
        };
        fill(sequences.q, 1.0);
        fill(sequences.k, kSupplyV);
        fill(sequences.v, kSupplyV);
    }

    /// First and last tokens, those around the wrap, and some between.
    [[nodiscard]] std::vector<OutputPlace> places() const {
        const std::size_t window = GetParam().window == 0 ? config.geometry.capacity() : GetParam().window;
        const std::size_t last = sequences.tokens - 1;
        std::vector<OutputPlace> places;
        for (const std::size_t token : {std::size_t{0}, std::size_t{1}, last / 2, window - 1, window, last}) {
            places.push_back({.head = places.size() % kHeads,
                              .token = std::min(token, last),
                              .output = places.size() * 5 % sequences.dim});
        }
        return places;
    }

    [[nodiscard]] RunResult run_all(Engine engine) const {
        RunOptions all = options;
        all.engine = engine;
        all.check = Check::never;
        std::atomic<std::uint64_t> progress{0};
        return run(config, sequences, all, progress);
    }

    [[nodiscard]] static std::string at(const OutputPlace& place) {
        return fmt::format("{}, seed {}: head {}, token {}, output {}", GetParam().name(), kSeed, place.head,
                           place.token, place.output);
    }

    Config config;
    RunOptions options;
    Sequences sequences;
};

TEST_P(Explain, EnginesAgreeWithTheReferenceAtEveryStage) {
    for (const Engine engine : {Engine::rtl, Engine::functional}) {
        options.engine = engine;
        const RunResult whole = run_all(engine);
        for (const OutputPlace& place : places()) {
            SCOPED_TRACE(at(place));
            const Explanation e = explain(config, sequences, options, place);
            ASSERT_FALSE(e.difference) << format_difference(*e.difference);
            EXPECT_FALSE(e.elsewhere);
            const std::size_t i = (place.head * sequences.tokens + place.token) * sequences.dim + place.output;
            EXPECT_EQ(e.sum, whole.counts[i]);
            EXPECT_EQ(static_cast<float>(e.y), whole.y[i]);
        }
    }
}

TEST_P(Explain, SharesAddUp) {
    for (const OutputPlace& place : places()) {
        SCOPED_TRACE(at(place));
        const Explanation e = explain(config, sequences, options, place);
        double sum = 0.0;
        std::size_t columns = 0;
        for (const TileShare& tile : e.tiles) {
            sum += tile.count;
            columns += tile.columns;
            EXPECT_LE(tile.saturated, tile.pulsed);
            EXPECT_LE(tile.pulsed, tile.columns);
            EXPECT_LE(tile.largest.size(), std::min(tile.pulsed, TileShare::kShown));
            double charge = tile.others;
            double least = INFINITY;
            for (const Contribution& c : tile.largest) {
                charge += c.charge;
                EXPECT_LE(std::fabs(c.charge), least) << "largest first";
                least = std::fabs(c.charge);
                EXPECT_EQ(c.column, c.token % e.window);
                EXPECT_EQ(c.column / config.geometry.tile_tokens, tile.tile);
                EXPECT_GT(c.width_ns, 0.0);
            }
            EXPECT_NEAR(charge, tile.charge, 1e-12 * config.charge_to_pulse.a_sat * 64.0);
            EXPECT_EQ(std::fabs(tile.count), std::floor(tile.pulse_ns + 0.5));
        }
        EXPECT_EQ(sum, e.sum);
        EXPECT_EQ(columns, std::min(place.token + 1, e.window));
    }
}

TEST_P(Explain, FunctionalEngineHasTheSameValuesToTheBit) {
    for (const OutputPlace& place : places()) {
        SCOPED_TRACE(at(place));
        options.engine = Engine::rtl;
        const StageRecord rtl = explain(config, sequences, options, place).got;
        options.engine = Engine::functional;
        const StageRecord functional = explain(config, sequences, options, place).got;
        for (const StoredToken& stored : rtl.stored) {
            const std::size_t column = *stored.key.column;
            EXPECT_EQ(rtl.column_charge.at(column), functional.column_charge.at(column));
            EXPECT_EQ(rtl.column_width.at(column), functional.column_width.at(column));
            EXPECT_EQ(rtl.value_cell.at(column), functional.value_cell.at(column));
        }
        EXPECT_EQ(rtl.charge, functional.charge);
        EXPECT_EQ(rtl.count, functional.count);
        EXPECT_EQ(rtl.pulse, functional.count);
        EXPECT_EQ(rtl.sum, functional.sum);
        EXPECT_EQ(rtl.delivered, functional.sum);
        EXPECT_FALSE(functional.accepted_cycle);
    }
}

TEST_P(Explain, StagesAreInTheirCycles) {
    const Schedule s = Schedule::of_levels(config.quantization.query_levels, config.quantization.output_levels);
    for (const OutputPlace& place : places()) {
        SCOPED_TRACE(at(place));
        const StageRecord got = explain(config, sequences, options, place).got;
        const std::uint64_t scored = got.scored_cycle.value();
        const StoredToken& own = got.stored.back();
        ASSERT_EQ(own.token, place.token);
        // A stalled token waits between the write and the read of its key.
        EXPECT_EQ(own.key.cycle.value(), got.accepted_cycle.value() + s.load_cycles - 1);
        EXPECT_EQ(own.value.cycle.value(), scored - s.score_cycles + s.load_cycles - 1);
        EXPECT_GE(scored, got.accepted_cycle.value() + s.load_cycles + s.score_cycles);
        EXPECT_EQ(got.mixed_cycle.value(), scored + s.mix_cycles);
        EXPECT_EQ(got.counted_cycle.value(), got.mixed_cycle.value() + s.emit_cycles + s.deliver_cycles - 3);
        EXPECT_GE(got.summed_cycle.value(), got.counted_cycle.value() + 2);
        EXPECT_GT(got.delivered_cycle.value(), got.summed_cycle.value());
        if (options.backpressure == Backpressure::none) {
            EXPECT_EQ(got.summed_cycle.value() + 1, got.accepted_cycle.value() + s.latency());
            EXPECT_EQ(got.delivered_cycle.value(), got.accepted_cycle.value() + s.latency());
        }
    }
}

TEST_P(Explain, TextAndJsonSayTheSame) {
    const OutputPlace place = places().back();
    const Explanation e = explain(config, sequences, options, place);
    const std::string text = format_explanation(config, options, e);
    EXPECT_NE(text.find("the same at every stage"), std::string::npos) << text;
    EXPECT_NE(explanation_json(config, options, e).find("\"difference\": null"), std::string::npos);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        EXPECT_LE(end - begin, 120U) << text.substr(begin, end - begin);
        begin = end + 1;
    }
}

/// A value of the record that was altered, and what is to be found.
struct Altered {
    Stage stage = Stage::s0_write;
    std::string place;
};

class Alteration : public Explain {
 public:
    void find(const StageRecord& record, const Altered& altered) const {
        SCOPED_TRACE(altered.place);
        const std::optional<Difference> own = first_difference(config, expected, record, place.output);
        ASSERT_TRUE(own);
        EXPECT_EQ(stage_label(own->stage), stage_label(altered.stage));
        EXPECT_EQ(format_place(*own), altered.place);
        EXPECT_TRUE(first_difference(config, expected, record, std::nullopt));
        // Of another output it is only in what both share.
        const std::optional<Difference> other =
            first_difference(config, expected, record, (place.output + 1) % sequences.dim);
        EXPECT_EQ(other.has_value(), !own->output && own->array != "V") << "output " << place.output + 1;
    }

    void explain_last(Engine engine) {
        options.engine = engine;
        place = {.head = 1, .token = sequences.tokens - 1, .output = sequences.dim - 1};
        const Explanation e = explain(config, sequences, options, place);
        got = e.got;
        expected = e.expected;
        tile = config.geometry.tiles - 1;
        std::fill(expected.near.begin(), expected.near.end(), std::uint8_t{0});
    }

    OutputPlace place;
    StageRecord got;
    StageRecord expected;
    std::size_t tile = 0;
};

TEST_P(Alteration, NamesItsStageAndPlace) {
    explain_last(Engine::rtl);
    const std::size_t i = tile * sequences.dim + place.output;
    const std::string output = fmt::format("output {}", place.output);
    const std::string at_tile = fmt::format("sub-tile {}, {}", tile, output);
    const auto altered = [this](const auto& alter, const Altered& expects) {
        StageRecord record = got;
        alter(record);
        find(record, expects);
    };
    const StoredToken& second = got.stored.at(1);
    altered([](StageRecord& r) { ++*r.stored.at(1).key.column; },
            {Stage::s0_write, fmt::format("K array, token {}", second.token)});
    altered([](StageRecord& r) { r.stored.at(1).key.column.reset(); },
            {Stage::s0_write, fmt::format("K array, token {}", second.token)});
    altered([](StageRecord& r) { r.stored.at(1).key.cells.at(1) += 1; },
            {Stage::s0_write, fmt::format("K array, column {}, token {}, row 1", *second.key.column, second.token)});
    altered([&](StageRecord& r) { r.stored.at(1).value.cells.at(place.output) -= 1; },
            {Stage::s0_write,
             fmt::format("V array, column {}, token {}, row {}", *second.key.column, second.token, place.output)});
    altered([](StageRecord& r) { r.query.at(1) += 1; }, {Stage::s1_query, "row 1"});
    const double s_sat = config.charge_to_pulse.s_sat;
    const std::size_t column = *second.key.column;
    const std::string at_column = fmt::format("column {}, token {}", column, second.token);
    altered([&](StageRecord& r) { r.column_charge.at(column) += 1e-6 * s_sat; }, {Stage::s2_column_charge, at_column});
    altered([&](StageRecord& r) { r.column_width.at(column) += 1e-6; }, {Stage::s3_column_pulse, at_column});
    altered([&](StageRecord& r) { r.charge.at(i) += 1e-6 * config.charge_to_pulse.a_sat; },
            {Stage::s4_charge, at_tile});
    altered([&](StageRecord& r) { r.pulse.at(i) += 1; }, {Stage::s5_pulse, at_tile});
    altered([&](StageRecord& r) { r.count.at(i) -= 1; }, {Stage::s6_count, at_tile});
    altered([&](StageRecord& r) { r.sum.at(place.output) += 1; }, {Stage::s7_sum, output});
    altered([&](StageRecord& r) { r.delivered.at(place.output) += 1; }, {Stage::s8_delivered, output});
    // The earliest counts.
    altered(
        [&](StageRecord& r) {
            r.sum.at(place.output) += 1;
            r.charge.at(i) += 1;
            r.count.at(i) += 1;
        },
        {Stage::s4_charge, at_tile});
}

TEST_P(Alteration, WhatWasNeverSeenIsADifference) {
    explain_last(Engine::rtl);
    got.count.clear();
    const std::optional<Difference> difference = first_difference(config, expected, got, place.output);
    ASSERT_TRUE(difference);
    EXPECT_EQ(stage_label(difference->stage), "S6");
    EXPECT_FALSE(difference->got);
    EXPECT_NE(format_difference(*difference).find("got nothing"), std::string::npos);
}

TEST_P(Alteration, OfTheFunctionalEngineIsFoundToo) {
    explain_last(Engine::functional);
    const std::size_t i = tile * sequences.dim + place.output;
    const std::string at_tile = fmt::format("sub-tile {}, output {}", tile, place.output);
    const auto altered = [this](const auto& alter, const Altered& expects) {
        StageRecord record = got;
        alter(record);
        find(record, expects);
    };
    const StoredToken& first = got.stored.front();
    altered([](StageRecord& r) { r.stored.front().key.cells.at(1) += 0.01; },
            {Stage::s0_write, fmt::format("K array, column {}, token {}, row 1", *first.key.column, first.token)});
    altered([](StageRecord& r) { r.query.at(1) += 1; }, {Stage::s1_query, "row 1"});
    altered([&](StageRecord& r) { r.charge.at(i) += 1; }, {Stage::s4_charge, at_tile});
    altered([&](StageRecord& r) { r.count.at(i) += 1; }, {Stage::s6_count, at_tile});
    altered([&](StageRecord& r) { r.sum.at(place.output) += 1; },
            {Stage::s7_sum, fmt::format("output {}", place.output)});
}

TEST_P(Alteration, NearAThresholdFollowsTheEnginesOwnPulse) {
    explain_last(Engine::rtl);
    const std::size_t i = tile * sequences.dim + place.output;
    expected.near.at(i) = 1;
    EXPECT_TRUE(undecidable(expected, place.output));
    EXPECT_FALSE(undecidable(expected, (place.output + 1) % sequences.dim));
    got.pulse.at(i) += 1;
    got.count.at(i) += 1;
    got.sum.at(place.output) += 1;
    got.delivered.at(place.output) += 1;
    EXPECT_FALSE(first_difference(config, expected, got, std::nullopt));

    const std::string at_tile = fmt::format("sub-tile {}, output {}", tile, place.output);
    StageRecord miscounted = got;
    miscounted.count.at(i) += 1;
    find(miscounted, {Stage::s6_count, at_tile});
    StageRecord misadded = got;
    misadded.sum.at(place.output) += 1;
    find(misadded, {Stage::s7_sum, fmt::format("output {}", place.output)});
    StageRecord misdelivered = got;
    misdelivered.delivered.at(place.output) += 1;
    find(misdelivered, {Stage::s8_delivered, fmt::format("output {}", place.output)});
}

TEST_P(Explain, PlacesOutsideTheInputAreRefused) {
    const auto refusal = [&](const OutputPlace& place) {
        try {
            (void)explain(config, sequences, options, place);
        } catch (const InputError& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    EXPECT_EQ(refusal({.head = kHeads}), "--head is 2: must be 0 to 1, the input has 2 heads");
    EXPECT_EQ(refusal({.token = sequences.tokens}),
              fmt::format("--token is {0}: must be 0 to {1}, the input has {0} tokens", sequences.tokens,
                          sequences.tokens - 1));
    EXPECT_EQ(
        refusal({.output = sequences.dim}),
        fmt::format("--output is {0}: must be 0 to {1}, the input has {0} outputs", sequences.dim, sequences.dim - 1));
}

std::vector<ExplainCase> every_case() {
    std::vector<ExplainCase> cases;
    for (const BuiltHead& head : built_heads()) {
        const std::size_t capacity = head.geometry.capacity();
        const bool large = capacity > 256;
        for (const Mode mode : {Mode::sequential, Mode::pipelined}) {
            for (const Backpressure backpressure : {Backpressure::none, Backpressure::random}) {
                const std::size_t window = large ? 150 : 0;
                cases.push_back({.head = head.name,
                                 .mode = mode,
                                 .backpressure = backpressure,
                                 .window = window,
                                 .tokens = (large ? window : capacity) * 2 + 5});
            }
        }
    }
    return cases;
}

/// One a head; an alteration is told from those of other outputs, so there must be two.
std::vector<ExplainCase> altered_cases() {
    std::vector<ExplainCase> cases;
    std::string last;
    for (const ExplainCase& one : every_case()) {
        const auto is_its_head = [&](const BuiltHead& head) { return head.name == one.head; };
        const auto head = std::find_if(built_heads().begin(), built_heads().end(), is_its_head);
        if (one.head != last && head->geometry.dim > 1) {
            cases.push_back(one);
        }
        last = one.head;
    }
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Built, Explain, testing::ValuesIn(every_case()),
                         [](const auto& info) { return info.param.name(); });
INSTANTIATE_TEST_SUITE_P(Built, Alteration, testing::ValuesIn(altered_cases()),
                         [](const auto& info) { return info.param.name(); });

}  // namespace
}  // namespace gca
