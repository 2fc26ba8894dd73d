// The reference model against cases worked out by hand, against the traps of the specification's section 5, and against
// a brute-force evaluation in long double that searches the whole sequence at each step.
#include "behavioral/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/head.h"

namespace gca {
namespace {

/// A token that owns its numbers.
struct Sample {
    std::vector<double> q;
    std::vector<double> k;
    std::vector<double> v;

    [[nodiscard]] Token token() const { return {q, k, v}; }
};

/// Every converter and the leakage off, and a cell that adds x * sum c[i] u^i.
Config plain_config(Geometry geometry, std::vector<double> coefficients) {
    Config config;
    config.geometry = geometry;
    config.quantization.query_levels = 0;
    config.quantization.store_levels = 0;
    config.cell.model = CellModel::polynomial;
    config.cell.coefficients = std::move(coefficients);
    config.leakage.form = LeakageForm::off;
    return config;
}

/// A head of one row and one output, without input converters: with coefficients {0, 1} and v = 0.9 V (u = 0.45, which
/// is half of 0.9 exactly) a token's A is phi * 0.45.
Config one_cell_config() {
    return plain_config({.dim = 1, .tile_tokens = 1, .tiles = 1}, {0.0, 1.0});
}

Sample scalar_sample(double q, double k, double v) {
    return {{q}, {k}, {v}};
}

Sample random_sample(std::mt19937_64& random, std::size_t dim) {
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    Sample sample{std::vector<double>(dim), std::vector<double>(dim), std::vector<double>(dim)};
    for (std::size_t i = 0; i < dim; ++i) {
        sample.q[i] = uniform(random);
        sample.k[i] = kSupplyV * uniform(random);
        sample.v[i] = kSupplyV * uniform(random);
    }
    return sample;
}

StepResult run_step(Reference& reference, const Sample& sample, Probe* probe = nullptr) {
    StepResult result;
    reference.step(sample.token(), result, probe);
    return result;
}

std::string describe(const Config& config, std::size_t window) {
    std::ostringstream out;
    out << "dim " << config.geometry.dim << ", tile_tokens " << config.geometry.tile_tokens << ", tiles "
        << config.geometry.tiles << ", window " << window << ", query_levels " << config.quantization.query_levels
        << ", store_levels " << config.quantization.store_levels << ", output "
        << static_cast<int>(config.quantization.output) << " x " << config.quantization.output_levels << ", cell "
        << static_cast<int>(config.cell.model) << " {";
    for (const double coefficient : config.cell.coefficients) {
        out << ' ' << coefficient;
    }
    out << " }, s_sat " << config.charge_to_pulse.s_sat << ", a_sat " << config.charge_to_pulse.a_sat << ", leakage "
        << static_cast<int>(config.leakage.form) << " x " << config.leakage.decay_per_token;
    return out.str();
}

// --- Cell ------------------------------------------------------------------------------------------------------------

TEST(Reference, CoefficientTableAtSupplyYieldsTheRoundedCubic) {
    const std::array<std::vector<double>, 4> table = {{{0.17393044, 0.15653739, 0.14088365, 0.12679529},
                                                       {5.51975209, 4.96777688, 4.47099920},
                                                       {-1.44776001, -1.30298401},
                                                       {46.05483778}}};
    const Reference reference(Config{}, 1);
    ASSERT_EQ(reference.coefficients().size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        double sum = 0.0;
        for (std::size_t j = 0; j < table.at(i).size(); ++j) {
            sum += table.at(i)[j] * std::pow(0.9, static_cast<double>(j));
        }
        EXPECT_NEAR(reference.coefficients()[i], sum, 0.5001e-8) << "order " << i;
    }
}

TEST(Reference, LinearCellIsNineteenPointThree) {
    Config config;
    config.cell.model = CellModel::linear;
    const Reference reference(config, 1);
    ASSERT_EQ(reference.coefficients().size(), 2U);
    EXPECT_EQ(reference.coefficients()[0], 0.0);
    EXPECT_EQ(reference.coefficients()[1], 19.3);
}

// --- Worked by hand --------------------------------------------------------------------------------------------------

TEST(Reference, OneCubicCellWorkedByHand) {
    // q = 1 and k = 0.9 V, u = 0.45 V:
    //   S = 0.52136361 + 13.61226063*0.45 - 2.62044562*0.2025 + 46.05483778*0.091125
    //     = 0.52136361 + 6.1255172835 - 0.53064023805 + 4.1967470927025 = 10.3129877481525
    // S_sat = 20: phi = 0.515649387407625. v = 0 V, u = -0.45 V:
    //   cell = 0.52136361 - 6.1255172835 - 0.53064023805 - 4.1967470927025 = -10.3315410042525
    //   A = -5.32745279...; A_sat = 40: out = -0.13318632; 15 * 0.13318632 = 1.998: two counts, negative.
    Config config;
    config.geometry = {.dim = 1, .tile_tokens = 1, .tiles = 1};
    config.charge_to_pulse.s_sat = 20.0;
    Reference reference(config, 1);
    Probe probe;
    const StepResult result = run_step(reference, scalar_sample(1.0, 0.9, 0.0), &probe);
    EXPECT_NEAR(probe.s[0], 10.3129877481525, 1e-12);
    EXPECT_NEAR(probe.phi[0], 0.515649387407625, 1e-13);
    EXPECT_NEAR(probe.a[0], -5.327452790, 1e-8);
    ASSERT_EQ(result.counts.size(), 1U);
    EXPECT_EQ(result.counts[0], -2);
    EXPECT_EQ(result.y[0], -2.0 / 15.0);
}

TEST(Reference, TwoTokensTwoRowsWorkedByHand) {
    // Cell x*(1 + 2u), S_sat = 2, A_sat = 4, two tokens in one tile, no converters at all.
    // Token 0: k = (0.55, 0.35), u = (0.1, -0.1), cells 1.2 and 0.8 per unit width; v = (0.65, 0.25), u = (0.2, -0.2),
    //          cells 1.4 and 0.6.
    // Token 1: k = (0.25, 0.65), cells 0.6 and 1.4; v = (0.45, 0.85), cells 1.0 and 1.8; q = (0.5, 1).
    // Step 1: S0 = 0.5*1.2 + 1*0.8 = 1.4, phi 0.7; S1 = 0.5*0.6 + 1*1.4 = 1.7, phi 0.85.
    //         A = (0.7*1.4 + 0.85*1.0, 0.7*0.6 + 0.85*1.8) = (1.83, 1.95); y = (0.4575, 0.4875).
    Config config = plain_config({.dim = 2, .tile_tokens = 2, .tiles = 1}, {1.0, 2.0});
    config.quantization.output = OutputQuantizer::off;
    config.charge_to_pulse = {.s_sat = 2.0, .a_sat = 4.0};
    Reference reference(config, 2);
    run_step(reference, {{1.0, 1.0}, {0.55, 0.35}, {0.65, 0.25}});
    Probe probe;
    const StepResult result = run_step(reference, {{0.5, 1.0}, {0.25, 0.65}, {0.45, 0.85}}, &probe);
    EXPECT_NEAR(probe.s[0], 1.4, 1e-14);
    EXPECT_NEAR(probe.s[1], 1.7, 1e-14);
    EXPECT_NEAR(probe.phi[0], 0.7, 1e-14);
    EXPECT_NEAR(probe.phi[1], 0.85, 1e-14);
    EXPECT_NEAR(probe.a[0], 1.83, 1e-14);
    EXPECT_NEAR(probe.a[1], 1.95, 1e-14);
    EXPECT_TRUE(result.counts.empty());
    EXPECT_NEAR(result.y[0], 0.4575, 1e-14);
    EXPECT_NEAR(result.y[1], 0.4875, 1e-14);
}

// --- Input converters ------------------------------------------------------------------------------------------------

TEST(Reference, InputsAreRoundedToTheNearestLevelHalfToEven) {
    Config config = one_cell_config();
    config.quantization.query_levels = 16;
    config.quantization.store_levels = 8;
    config.charge_to_pulse.s_sat = 0.5;
    struct Case {
        double q;
        double k;
        double q_code;
        double k_code;
    };
    // 0.5 * 15 = 7.5 and 0.45 / 0.9 * 7 = 3.5 are ties: to the even 8 and 4. 0.1 * 15 = 1.5: to 2. 1/6 * 15 = 2.5:
    // to 2.
    for (const Case& c : {Case{0.5, 0.9, 8, 7}, Case{1.0, 0.45, 15, 4}, Case{0.1, 0.9, 2, 7},
                          Case{1.0 / 6.0, 0.9, 2, 7}, Case{0.53, 0.83, 8, 6}, Case{0.54, 0.84, 8, 7},
                          Case{0.03, 0.06, 0, 0}, Case{0.04, 0.07, 1, 1}, Case{0.0, 0.0, 0, 0}}) {
        Reference reference(config, 1);
        Probe probe;
        run_step(reference, scalar_sample(c.q, c.k, 0.9), &probe);
        EXPECT_NEAR(probe.s[0], c.q_code / 15.0 * (c.k_code * 0.9 / 7.0 - 0.45), 1e-15) << "q " << c.q << ", k " << c.k;
    }
}

TEST(Reference, ValuesAreRoundedToTheStoreLevels) {
    Config config = one_cell_config();
    config.quantization.store_levels = 8;
    config.charge_to_pulse.s_sat = 0.4;  // the key's code 7 gives phi = 1
    for (const auto& [v, code] : {std::pair{0.45, 4.0}, std::pair{0.2, 2.0}, std::pair{0.18, 1.0}}) {
        Reference reference(config, 1);
        Probe probe;
        run_step(reference, scalar_sample(1.0, 0.9, v), &probe);
        EXPECT_NEAR(probe.a[0], code * 0.9 / 7.0 - 0.45, 1e-15) << "v " << v;
    }
}

TEST(Reference, ZeroLevelsLeaveInputsAsTheyAre) {
    Config config = one_cell_config();
    config.charge_to_pulse.s_sat = 0.3;
    Reference reference(config, 1);
    Probe probe;
    run_step(reference, scalar_sample(0.123, 0.789, 0.321), &probe);
    EXPECT_NEAR(probe.s[0], 0.123 * 0.339, 1e-16);
    EXPECT_NEAR(probe.a[0], 0.123 * 0.339 / 0.3 * -0.129, 1e-16);
    EXPECT_EQ(reference.inputs_near_threshold_total(), 0U);
}

TEST(Reference, InputsNearAThresholdAreCounted) {
    Config config = one_cell_config();
    config.quantization.query_levels = 16;
    config.quantization.store_levels = 8;
    Reference reference(config, 1);
    run_step(reference, scalar_sample(0.5, 0.45, 0.45 + 1e-8));
    EXPECT_EQ(reference.inputs_near_threshold_total(), 2U);
    run_step(reference, scalar_sample(1.0, 0.9, 0.45 - 1e-11));
    EXPECT_EQ(reference.inputs_near_threshold_total(), 3U);
}

// --- First charge-to-pulse -------------------------------------------------------------------------------------------

TEST(Reference, NegativeChargeGivesNoPulseAndLargeChargeTheLongest) {
    Config config = one_cell_config();
    config.charge_to_pulse.s_sat = 0.25;
    Reference reference(config, 1);
    Probe probe;
    run_step(reference, scalar_sample(1.0, 0.2, 0.9), &probe);  // S = -0.25
    EXPECT_NEAR(probe.s[0], -0.25, 1e-15);
    EXPECT_EQ(probe.phi[0], 0.0);
    EXPECT_EQ(probe.a[0], 0.0);
    EXPECT_EQ(reference.statistics().phi_saturated, 0U);
    run_step(reference, scalar_sample(1.0, 0.9, 0.9), &probe);  // S = 0.45
    EXPECT_EQ(probe.phi[0], 1.0);
    EXPECT_EQ(reference.statistics().phi_saturated, 1U);
    run_step(reference, scalar_sample(0.5, 0.9, 0.9), &probe);  // S = 0.225
    EXPECT_NEAR(probe.phi[0], 0.9, 1e-15);
    EXPECT_EQ(reference.statistics().phi_saturated, 1U);
}

TEST(Reference, PulseWidthIsNotQuantised) {
    Config config = one_cell_config();
    config.charge_to_pulse.s_sat = 1.0;
    Reference reference(config, 1);
    Probe probe;
    for (int i = 1; i < 100; ++i) {
        run_step(reference, scalar_sample(i * 0.01, 0.9, 0.9), &probe);
        EXPECT_NEAR(probe.phi[0], i * 0.0045, 1e-15);
    }
}

// --- Output quantisers -----------------------------------------------------------------------------------------------

/// A head of one cell and one token whose output is out = A / A_sat before the clamp: phi = 1, A = +-0.45.
class OneOutput {
 public:
    explicit OneOutput(OutputQuantizer output, unsigned levels = 16) {
        config_.quantization.output = output;
        config_.quantization.output_levels = levels;
        config_.charge_to_pulse.s_sat = 0.45;
    }

    StepResult operator()(double a_sat, bool negative = false) {
        config_.charge_to_pulse.a_sat = a_sat;
        Reference reference(config_, 1);
        StepResult result = run_step(reference, scalar_sample(1.0, 0.9, negative ? 0.0 : 0.9));
        near_threshold_ = reference.near_threshold()[0];
        counts_saturated_ = reference.statistics().counts_saturated;
        EXPECT_EQ(reference.near_threshold_total(), near_threshold_);
        return result;
    }

    [[nodiscard]] std::uint32_t near_threshold() const { return near_threshold_; }
    [[nodiscard]] std::uint64_t counts_saturated() const { return counts_saturated_; }

 private:
    Config config_ = one_cell_config();
    std::uint32_t near_threshold_ = 0;
    std::uint64_t counts_saturated_ = 0;
};

TEST(Reference, CounterRoundsATieUpInMagnitude) {
    OneOutput head(OutputQuantizer::counter);
    // A_sat = 0.9 = 2 * 0.45 exactly: out = 0.5, 7.5 cycles: 8.
    EXPECT_EQ(head(0.9).counts, std::vector<std::int32_t>{8});
    EXPECT_EQ(head.near_threshold(), 1U);
    EXPECT_EQ(head(0.9, true).counts, std::vector<std::int32_t>{-8});
    EXPECT_EQ(head.near_threshold(), 1U);
    // 6 levels: 0.5 * 5 = 2.5 up to 3, where half to even would give 2.
    OneOutput six(OutputQuantizer::counter, 6);
    EXPECT_EQ(six(0.9).counts, std::vector<std::int32_t>{3});
    EXPECT_EQ(six(0.9, true).counts, std::vector<std::int32_t>{-3});
}

TEST(Reference, CounterCountsTheNearestCycle) {
    OneOutput head(OutputQuantizer::counter);
    for (int tenths = 1; tenths < 150; ++tenths) {
        if (tenths % 10 == 5) {
            continue;
        }
        const int expected = (tenths + 5) / 10;
        for (const bool negative : {false, true}) {
            const StepResult result = head(0.45 * 150.0 / tenths, negative);
            ASSERT_EQ(result.counts.size(), 1U);
            EXPECT_EQ(result.counts[0], negative ? -expected : expected) << tenths << " tenths of a cycle";
            EXPECT_EQ(result.y[0], (negative ? -expected : expected) / 15.0) << tenths << " tenths of a cycle";
            EXPECT_EQ(head.near_threshold(), 0U);
            EXPECT_EQ(head.counts_saturated(), expected == 15 ? 1U : 0U);
        }
    }
}

TEST(Reference, CounterStopsAtItsLastLevel) {
    OneOutput head(OutputQuantizer::counter);
    for (const double a_sat : {0.45, 0.3, 0.01}) {
        EXPECT_EQ(head(a_sat).counts, std::vector<std::int32_t>{15});
        EXPECT_EQ(head.near_threshold(), 0U) << "beyond the clamp nothing can change";
        EXPECT_EQ(head.counts_saturated(), 1U);
        EXPECT_EQ(head(a_sat, true).counts, std::vector<std::int32_t>{-15});
        EXPECT_EQ(head(a_sat, true).y, std::vector<double>{-1.0});
    }
}

TEST(Reference, MidTreadGivesSixteenStepsAtFullScale) {
    OneOutput head(OutputQuantizer::mid_tread);
    // out = +-1 is 15.5 steps of 2/31, a tie: to the even 16.
    for (const double a_sat : {0.45, 0.2}) {
        EXPECT_EQ(head(a_sat).y, std::vector<double>{32.0 / 31.0});
        EXPECT_EQ(head.counts_saturated(), 1U);
        EXPECT_EQ(head(a_sat, true).y, std::vector<double>{-32.0 / 31.0});
        EXPECT_TRUE(head(a_sat).counts.empty());
    }
    head(0.45);
    EXPECT_EQ(head.near_threshold(), 1U) << "exactly at the clamp, a little less would give 15";
    head(0.44);
    EXPECT_EQ(head.near_threshold(), 0U);
    // With 15 levels full scale is 14.5 steps: to the even 14.
    OneOutput fifteen(OutputQuantizer::mid_tread, 15);
    EXPECT_EQ(fifteen(0.45).y, std::vector<double>{28.0 / 29.0});
    EXPECT_EQ(fifteen(0.45, true).y, std::vector<double>{-28.0 / 29.0});
}

TEST(Reference, MidTreadRoundsToTheNearestStep) {
    OneOutput head(OutputQuantizer::mid_tread);
    for (int tenths = 1; tenths < 155; ++tenths) {
        if (tenths % 10 == 5) {
            continue;
        }
        const int expected = (tenths + 5) / 10;
        for (const bool negative : {false, true}) {
            const StepResult result = head(0.45 * 155.0 / tenths, negative);
            EXPECT_DOUBLE_EQ(result.y[0], (negative ? -expected : expected) * 2.0 / 31.0) << tenths << " tenths";
            EXPECT_EQ(head.near_threshold(), 0U);
        }
    }
}

TEST(Reference, OffGivesTheClampedValue) {
    OneOutput head(OutputQuantizer::off);
    EXPECT_EQ(head(0.9).y, std::vector<double>{0.5});
    EXPECT_EQ(head(0.9, true).y, std::vector<double>{-0.5});
    EXPECT_EQ(head(0.3).y, std::vector<double>{1.0});
    EXPECT_EQ(head(0.3, true).y, std::vector<double>{-1.0});
    EXPECT_EQ(head.near_threshold(), 0U);
    EXPECT_EQ(head.counts_saturated(), 0U);
}

TEST(Reference, NearThresholdMeansWithinABillionthOfACount) {
    for (const double side : {-1.0, 1.0}) {
        for (const double threshold : {0.5, 7.5, 14.5}) {
            for (const bool negative : {false, true}) {
                OneOutput head(OutputQuantizer::counter);
                head(0.45 * 15.0 / (threshold + side * 0.5e-9), negative);
                EXPECT_EQ(head.near_threshold(), 1U) << threshold << ' ' << side;
                head(0.45 * 15.0 / (threshold + side * 2e-9), negative);
                EXPECT_EQ(head.near_threshold(), 0U) << threshold << ' ' << side;
            }
        }
        for (const double threshold : {0.5, 7.5, 14.5, 15.5}) {
            OneOutput head(OutputQuantizer::mid_tread);
            head(0.45 * 15.5 / (threshold + side * 0.5e-9));
            EXPECT_EQ(head.near_threshold(), 1U) << threshold << ' ' << side;
            head(0.45 * 15.5 / (threshold + side * 2e-9));
            EXPECT_EQ(head.near_threshold(), 0U) << threshold << ' ' << side;
        }
    }
}

TEST(Reference, NearThresholdCountsSubTilesPerOutputAndTotals) {
    // Cell x*u, phi = 1 in every column, A_sat = 0.9: a tile's out is +-0.5 where v is 0.9 or 0, hence 7.5 cycles.
    Config config = plain_config({.dim = 2, .tile_tokens = 1, .tiles = 3}, {0.0, 1.0});
    config.charge_to_pulse = {.s_sat = 0.45, .a_sat = 0.9};
    Reference reference(config, 3);
    run_step(reference, {{1.0, 1.0}, {0.9, 0.9}, {0.9, 0.58}});
    EXPECT_EQ(reference.near_threshold()[0], 1U);
    EXPECT_EQ(reference.near_threshold()[1], 0U);
    run_step(reference, {{1.0, 1.0}, {0.9, 0.9}, {0.0, 0.9}});
    EXPECT_EQ(reference.near_threshold()[0], 2U);
    EXPECT_EQ(reference.near_threshold()[1], 1U);
    const std::span<const std::uint8_t> tiles = reference.near_threshold_tiles();
    EXPECT_EQ(std::vector<std::uint8_t>(tiles.begin(), tiles.end()), (std::vector<std::uint8_t>{1, 0, 1, 1, 0, 0}));
    const StepResult result = run_step(reference, {{1.0, 1.0}, {0.9, 0.9}, {0.9, 0.58}});
    EXPECT_EQ(reference.near_threshold()[0], 3U);
    EXPECT_EQ(reference.near_threshold()[1], 1U);
    EXPECT_EQ(reference.near_threshold_total(), 1U + 3U + 4U);
    EXPECT_EQ(result.counts[0], 8 - 8 + 8);
    reference.new_sequence();
    EXPECT_EQ(reference.near_threshold_total(), 8U) << "totals go on";
}

TEST(Reference, EachSubTileIsClampedThenQuantisedThenAdded) {
    // Cell x*u, phi = 1. One token a tile; A_sat = 0.15: a v of 0.9 V gives out = 3, clamped to 1.
    Config config = plain_config({.dim = 1, .tile_tokens = 1, .tiles = 2}, {0.0, 1.0});
    config.charge_to_pulse = {.s_sat = 0.45, .a_sat = 0.15};
    {
        // 3 and -0.5 (v = 0.375): 15 - 8 = 7. Adding before the clamp would give 15.
        Reference reference(config, 2);
        run_step(reference, scalar_sample(1.0, 0.9, 0.9));
        const StepResult result = run_step(reference, scalar_sample(1.0, 0.9, 0.37));
        EXPECT_EQ(result.counts[0], 15 - 8);
        EXPECT_EQ(result.y[0], 7.0 / 15.0);
    }
    {
        // Twice 0.4 counts (u = 0.4/15 * 0.15 = 0.004): 0 + 0. Adding before the quantiser would give 1.
        Reference reference(config, 2);
        run_step(reference, scalar_sample(1.0, 0.9, 0.454));
        const StepResult result = run_step(reference, scalar_sample(1.0, 0.9, 0.454));
        EXPECT_EQ(result.counts[0], 0);
    }
    {
        // The same two tokens in one tile: 0.8 counts.
        config.geometry = {.dim = 1, .tile_tokens = 2, .tiles = 1};
        Reference reference(config, 2);
        run_step(reference, scalar_sample(1.0, 0.9, 0.454));
        const StepResult result = run_step(reference, scalar_sample(1.0, 0.9, 0.454));
        EXPECT_EQ(result.counts[0], 1);
    }
    {
        // Off: 1 - 0.5333.
        config.geometry = {.dim = 1, .tile_tokens = 1, .tiles = 2};
        config.quantization.output = OutputQuantizer::off;
        Reference reference(config, 2);
        run_step(reference, scalar_sample(1.0, 0.9, 0.9));
        const StepResult result = run_step(reference, scalar_sample(1.0, 0.9, 0.37));
        EXPECT_NEAR(result.y[0], 1.0 - 0.08 / 0.15, 1e-15);
    }
}

TEST(Reference, StatisticsTotalSaturatedPulsesAndCounts) {
    // Cell x, so S = q and A = number of tokens in the tile (phi = 1): A_sat = 2 is reached by two tokens.
    Config config = plain_config({.dim = 1, .tile_tokens = 2, .tiles = 2}, {1.0});
    config.charge_to_pulse = {.s_sat = 1.0, .a_sat = 2.0};
    Reference reference(config, 4);
    const Sample sample = scalar_sample(1.0, 0.45, 0.45);
    const std::array<std::uint64_t, 5> phi_saturated = {1, 3, 6, 10, 14};
    const std::array<std::uint64_t, 5> counts_saturated = {0, 1, 2, 4, 6};
    for (std::size_t t = 0; t < phi_saturated.size(); ++t) {
        run_step(reference, sample);
        EXPECT_EQ(reference.statistics().phi_saturated, phi_saturated.at(t)) << "token " << t;
        EXPECT_EQ(reference.statistics().counts_saturated, counts_saturated.at(t)) << "token " << t;
    }
}

// --- Columns, sequences and windows ----------------------------------------------------------------------------------

TEST(Reference, UnwrittenColumnsContributeNothingInSpiteOfTheConstantTerm) {
    // Cell x: each written column has S = dim and adds its phi of 1 to every output.
    Config config = plain_config({.dim = 3, .tile_tokens = 4, .tiles = 3}, {1.0});
    config.charge_to_pulse = {.s_sat = 3.0, .a_sat = 100.0};
    Reference reference(config, 12);
    const Sample sample{{1.0, 1.0, 1.0}, {0.45, 0.45, 0.45}, {0.45, 0.45, 0.45}};
    Probe probe;
    for (std::size_t t = 0; t < 12; ++t) {
        run_step(reference, sample, &probe);
        for (std::size_t column = 0; column < 12; ++column) {
            EXPECT_EQ(probe.s[column], column <= t ? 3.0 : 0.0) << "token " << t << ", column " << column;
            EXPECT_EQ(probe.phi[column], column <= t ? 1.0 : 0.0) << "token " << t << ", column " << column;
        }
        for (std::size_t tile = 0; tile < 3; ++tile) {
            const std::size_t written = std::clamp<std::size_t>(t + 1, tile * 4, tile * 4 + 4) - tile * 4;
            for (std::size_t e = 0; e < 3; ++e) {
                EXPECT_EQ(probe.a[tile * 3 + e], static_cast<double>(written)) << "token " << t << ", tile " << tile;
            }
        }
    }
}

TEST(Reference, WindowBelowTheCapacityLeavesTheOtherColumnsEmpty) {
    // Window 5 of 3 tiles of 2: tiles hold 2, 2 and 1 tokens. Window 3: 2, 1 and none.
    const Config config = plain_config({.dim = 1, .tile_tokens = 2, .tiles = 3}, {1.0});
    const Sample sample = scalar_sample(1.0, 0.45, 0.45);
    Probe probe;
    Reference five(config, 5);
    for (int t = 0; t < 37; ++t) {
        run_step(five, sample, &probe);
    }
    ASSERT_EQ(probe.phi.size(), 6U);
    const double phi = 1.0 / 80.0;
    EXPECT_EQ(probe.phi, (std::vector<double>{phi, phi, phi, phi, phi, 0.0}));
    EXPECT_EQ(probe.a, (std::vector<double>{2 * phi, 2 * phi, phi}));
    Reference three(config, 3);
    for (int t = 0; t < 37; ++t) {
        run_step(three, sample, &probe);
    }
    EXPECT_EQ(probe.phi, (std::vector<double>{phi, phi, phi, 0.0, 0.0, 0.0}));
    EXPECT_EQ(probe.a, (std::vector<double>{2 * phi, phi, 0.0}));
}

TEST(Reference, TokenAttendsToItself) {
    // The first token's own key, 0.9 V, answers its query; the second's own key stands in column 1.
    Reference reference(one_cell_config(), 1);
    Probe probe;
    run_step(reference, scalar_sample(1.0, 0.9, 0.9), &probe);
    EXPECT_NEAR(probe.s[0], 0.45, 1e-15);
    run_step(reference, scalar_sample(1.0, 0.65, 0.9), &probe);
    EXPECT_NEAR(probe.s[0], 0.2, 1e-15);
}

TEST(Reference, TokenStandsInColumnIndexModuloWindow) {
    const std::size_t window = 5;
    Reference reference(plain_config({.dim = 1, .tile_tokens = 3, .tiles = 2}, {0.0, 1.0}), window);
    Probe probe;
    std::vector<double> column_u(6, 0.0);
    for (std::size_t t = 0; t < 100; ++t) {
        const double k = 0.46 + 0.004 * static_cast<double>(t);
        column_u[t % window] = k - 0.45;
        run_step(reference, scalar_sample(1.0, k, 0.9), &probe);
        for (std::size_t column = 0; column < 6; ++column) {
            EXPECT_NEAR(probe.s[column], column_u[column], 1e-14) << "token " << t << ", column " << column;
        }
    }
}

TEST(Reference, SeenTokensAreTheWindowOldestFirst) {
    const std::size_t window = 5;
    Config config = plain_config({.dim = 1, .tile_tokens = 3, .tiles = 2}, {0.0, 1.0});
    config.leakage = {.form = LeakageForm::voltage, .decay_per_token = 0.1};
    Reference reference(config, window);
    for (std::size_t t = 0; t < 13; ++t) {
        run_step(reference, scalar_sample(1.0, 0.45 + 0.01 * static_cast<double>(t), 0.5));
        ASSERT_EQ(reference.seen_tokens(), std::min(t + 1, window));
        for (std::size_t i = 0; i < reference.seen_tokens(); ++i) {
            const Reference::Seen seen = reference.seen(i);
            EXPECT_EQ(seen.index, t + 1 - reference.seen_tokens() + i);
            EXPECT_EQ(seen.column, seen.index % window);
            EXPECT_NEAR(seen.key_u[0], 0.01 * static_cast<double>(seen.index), 1e-15);
            EXPECT_NEAR(seen.value_u[0], 0.05, 1e-15);
            EXPECT_NEAR(seen.voltage_factor, std::exp(-0.1 * static_cast<double>(t - seen.index)), 1e-15);
            EXPECT_EQ(seen.charge_factor, 1.0);
        }
    }
    reference.new_sequence();
    EXPECT_EQ(reference.seen_tokens(), 0U);
}

TEST(Reference, ProbeHasTheQueryAndWhatTheQuantiserMakes) {
    // Cell x*u, phi = 1: u = 0.387 and -0.35 V, so out is 0.43 and -0.3888...: 6.45 and 5.83 cycles, 6.665 and 6.03
    // steps.
    Config config = plain_config({.dim = 2, .tile_tokens = 1, .tiles = 2}, {0.0, 1.0});
    config.quantization.query_levels = 16;
    config.charge_to_pulse = {.s_sat = 0.1, .a_sat = 0.9};
    const std::vector<std::pair<OutputQuantizer, std::vector<double>>> cases{
        {OutputQuantizer::counter, {6.0, -6.0, 0.0, 0.0}},
        {OutputQuantizer::mid_tread, {7.0, -6.0, 0.0, 0.0}},
        {OutputQuantizer::off, {0.43, -0.35 / 0.9, 0.0, 0.0}}};
    for (const auto& [output, out] : cases) {
        config.quantization.output = output;
        Reference reference(config, 2);
        Probe probe;
        run_step(reference, {{0.5, 1.0}, {0.9, 0.9}, {0.45 + 0.387, 0.1}}, &probe);
        EXPECT_EQ(probe.x, (std::vector<double>{8.0 / 15.0, 1.0}));
        ASSERT_EQ(probe.out.size(), 4U);
        for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_NEAR(probe.out[i], out[i], 1e-12) << "quantiser " << static_cast<int>(output) << ", " << i;
        }
    }
}

TEST(Reference, NewSequenceSeesNothingOfTheLast) {
    std::mt19937_64 random(7);
    Config config;
    config.geometry = {.dim = 5, .tile_tokens = 3, .tiles = 4};
    config.charge_to_pulse = {.s_sat = 10.0, .a_sat = 5.0};
    for (const std::size_t earlier_tokens : {1U, 4U, 11U, 12U, 13U, 50U}) {
        Reference used(config, 11);
        for (std::size_t t = 0; t < earlier_tokens; ++t) {
            run_step(used, random_sample(random, 5));
        }
        used.new_sequence();
        Reference fresh(config, 11);
        for (int t = 0; t < 25; ++t) {
            const Sample sample = random_sample(random, 5);
            Probe used_probe;
            Probe fresh_probe;
            const StepResult used_result = run_step(used, sample, &used_probe);
            const StepResult fresh_result = run_step(fresh, sample, &fresh_probe);
            ASSERT_EQ(used_result.counts, fresh_result.counts) << "after " << earlier_tokens << ", token " << t;
            ASSERT_EQ(used_result.y, fresh_result.y);
            ASSERT_EQ(used_probe.s, fresh_probe.s);
            ASSERT_EQ(used_probe.phi, fresh_probe.phi);
            ASSERT_EQ(used_probe.a, fresh_probe.a);
        }
    }
}

TEST(Reference, TokensThatLeftTheWindowDoNotMatter) {
    std::mt19937_64 random(11);
    Config config;
    config.geometry = {.dim = 4, .tile_tokens = 3, .tiles = 3};
    config.charge_to_pulse = {.s_sat = 10.0, .a_sat = 5.0};
    const std::size_t window = 7;
    Reference one(config, window);
    Reference other(config, window);
    for (int t = 0; t < 500; ++t) {  // wraps 71 times
        run_step(one, random_sample(random, 4));
        run_step(other, random_sample(random, 4));
    }
    int differing = 0;
    for (std::size_t t = 0; t < window + 5; ++t) {
        const Sample sample = random_sample(random, 4);
        Probe one_probe;
        Probe other_probe;
        run_step(one, sample, &one_probe);
        run_step(other, sample, &other_probe);
        if (t + 1 < window) {
            differing += one_probe.s == other_probe.s ? 0 : 1;
        } else {
            EXPECT_EQ(one_probe.s, other_probe.s) << "common tokens " << t + 1;
            EXPECT_EQ(one_probe.a, other_probe.a) << "common tokens " << t + 1;
        }
    }
    EXPECT_EQ(differing, 6) << "tokens still in the window do matter";
}

TEST(Reference, WindowWiderThanTheSequenceIsAsGoodAsOneThatJustHoldsIt) {
    std::mt19937_64 random(13);
    Config config;
    config.geometry = {.dim = 6, .tile_tokens = 4, .tiles = 5};
    config.charge_to_pulse = {.s_sat = 10.0, .a_sat = 5.0};
    Reference wide(config, 20);
    Reference just(config, 9);
    for (int t = 0; t < 9; ++t) {
        const Sample sample = random_sample(random, 6);
        EXPECT_EQ(run_step(wide, sample).counts, run_step(just, sample).counts) << "token " << t;
    }
}

TEST(Reference, ProbeChangesNoResult) {
    std::mt19937_64 random(17);
    Config config;
    config.geometry = {.dim = 4, .tile_tokens = 3, .tiles = 2};
    config.charge_to_pulse = {.s_sat = 10.0, .a_sat = 5.0};
    Reference with(config, 6);
    Reference without(config, 6);
    Probe probe{.s = std::vector<double>(99, 1.0), .phi = {}, .a = std::vector<double>(1, 3.0)};
    StepResult reused;
    for (int t = 0; t < 20; ++t) {
        const Sample sample = random_sample(random, 4);
        with.step(sample.token(), reused, &probe);
        const StepResult result = run_step(without, sample);
        EXPECT_EQ(reused.counts, result.counts);
        EXPECT_EQ(reused.y, result.y);
        EXPECT_EQ(probe.s.size(), 6U);
        EXPECT_EQ(probe.phi.size(), 6U);
        EXPECT_EQ(probe.a.size(), 8U);
    }
}

// --- Leakage ---------------------------------------------------------------------------------------------------------

TEST(Reference, VoltageLeakageDecaysTheTermOfOrderIByTheIthPower) {
    // One monomial at a time: a key cell of order i keeps a^i of its charge, a value cell too: with a = exp(-n * 0.1),
    // n tokens after the write, S = S0 exp(-0.1 i n), and the column's part of A is phi(S) * u^i * exp(-0.1 i n).
    for (std::size_t order = 0; order <= 5; ++order) {
        std::vector<double> coefficients(order + 1, 0.0);
        coefficients[order] = 1.0;
        Config config = plain_config({.dim = 1, .tile_tokens = 1, .tiles = 8}, coefficients);
        config.leakage = {.form = LeakageForm::voltage, .decay_per_token = 0.1};
        Reference reference(config, 8);
        const double s0 = std::pow(0.45, static_cast<double>(order));
        const double a0 = std::pow(-0.25, static_cast<double>(order));
        Probe probe;
        for (std::size_t t = 0; t < 8; ++t) {
            // Later tokens write u = 0: only the constant cell would let them speak, in columns not looked at.
            run_step(reference, t == 0 ? scalar_sample(1.0, 0.9, 0.2) : scalar_sample(1.0, 0.45, 0.45), &probe);
            const double left = std::exp(-0.1 * static_cast<double>(order * t));
            EXPECT_NEAR(probe.s[0], s0 * left, 1e-15) << "order " << order << ", age " << t;
            EXPECT_NEAR(probe.a[0], s0 * left / 80.0 * a0 * left, 1e-16) << "order " << order << ", age " << t;
        }
    }
}

TEST(Reference, ProductLeakageDecaysTheWholeCharge) {
    // Also the constant term: x * (1 + u), u = 0.45 and -0.25.
    Config config = plain_config({.dim = 1, .tile_tokens = 1, .tiles = 8}, {1.0, 1.0});
    config.leakage = {.form = LeakageForm::product, .decay_per_token = 0.1};
    Reference reference(config, 8);
    Probe probe;
    for (std::size_t t = 0; t < 8; ++t) {
        run_step(reference, t == 0 ? scalar_sample(1.0, 0.9, 0.2) : scalar_sample(1.0, 0.45, 0.45), &probe);
        const double left = std::exp(-0.1 * static_cast<double>(t));
        EXPECT_NEAR(probe.s[0], 1.45 * left, 1e-15) << "age " << t;
        EXPECT_NEAR(probe.a[0], 1.45 * left / 80.0 * 0.75 * left, 1e-16) << "age " << t;
    }
}

TEST(Reference, WithoutLeakageAgeDoesNotMatter) {
    Config config = plain_config({.dim = 1, .tile_tokens = 1, .tiles = 8}, {1.0, 1.0});
    config.leakage = {.form = LeakageForm::off, .decay_per_token = 0.1};
    Reference reference(config, 8);
    Probe probe;
    for (int t = 0; t < 8; ++t) {
        run_step(reference, scalar_sample(1.0, 0.9, 0.2), &probe);
    }
    EXPECT_EQ(probe.s, std::vector<double>(8, probe.s[0]));
    EXPECT_EQ(probe.a, std::vector<double>(8, probe.a[0]));
}

TEST(Reference, AgeZeroHasNotLeakedAndARewrittenColumnIsFresh) {
    for (const LeakageForm form : {LeakageForm::voltage, LeakageForm::product}) {
        Config config = one_cell_config();
        config.leakage = {.form = form, .decay_per_token = 1.0};
        Reference reference(config, 1);
        Probe probe;
        for (int t = 0; t < 10; ++t) {
            run_step(reference, scalar_sample(1.0, 0.9, 0.9), &probe);
            EXPECT_EQ(probe.s[0], 0.45) << "token " << t;
        }
    }
}

TEST(Reference, OldestTokenOfThePaperWindowKeepsItsPublishedShare) {
    // 1023 tokens at 12 * 65 ns / 5 ms each: a = exp(-0.159588) = 0.852495...
    Config config = plain_config({}, {0.0, 1.0});
    config.geometry.dim = 1;
    config.leakage = Leakage{};
    Reference reference(config, 1024);
    Probe probe;
    for (int t = 0; t < 1024; ++t) {
        run_step(reference, scalar_sample(1.0, 0.9, 0.9), t == 1023 ? &probe : nullptr);
    }
    EXPECT_NEAR(probe.s[0] / probe.s[1023], 0.852495, 1e-6);
}

// --- Brute force -----------------------------------------------------------------------------------------------------

/// What one token gives, by searching the whole sequence, in long double.
struct BruteForce {
    std::vector<long double> s;
    std::vector<long double> phi;
    std::vector<long double> a;
    std::vector<long long> counts;
    std::vector<long double> y;
    std::uint64_t phi_saturated = 0;
    std::uint64_t counts_saturated = 0;
};

long long half_to_even(long double x) {
    const auto below = static_cast<long long>(std::floor(x));
    const long double fraction = x - std::floor(x);
    if (fraction == 0.5L) {
        return below % 2 == 0 ? below : below + 1;
    }
    return fraction < 0.5L ? below : below + 1;
}

long double nearest_level(double value, long double full_scale, unsigned levels) {
    return levels == 0
               ? value
               : static_cast<long double>(half_to_even(value / full_scale * (levels - 1))) * full_scale / (levels - 1);
}

long double cell(const Config& config, long double width, long double u, std::size_t age) {
    std::vector<double> coefficients = config.cell.coefficients;
    if (config.cell.model == CellModel::cubic) {
        coefficients = {0.52136361, 13.61226063, -2.62044562, 46.05483778};
    } else if (config.cell.model == CellModel::linear) {
        coefficients = {0.0, 19.3};
    }
    const long double decay = config.leakage.decay_per_token;
    const long double lost = static_cast<long double>(age) * decay;
    long double charge = 0.0L;
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
        long double term = width * coefficients[i] * std::pow(u, static_cast<long double>(i));
        if (config.leakage.form == LeakageForm::voltage) {
            term *= std::exp(-lost * static_cast<long double>(i));
        } else if (config.leakage.form == LeakageForm::product) {
            term *= std::exp(-lost);
        }
        charge += term;
    }
    return charge;
}

/// The token that was the last to be written to `column`, if any was; tokens 0 .. now are known.
std::optional<std::size_t> token_in_column(std::size_t column, std::size_t window, std::size_t now) {
    std::optional<std::size_t> token;
    for (std::size_t j = 0; j <= now; ++j) {
        if (j % window == column) {
            token = j;
        }
    }
    return token;
}

/// Counts or steps of one sub-tile's clamped output, by looking at one level after the other.
long long brute_count(const Quantization& quantization, long double out) {
    const auto levels = static_cast<long double>(quantization.output_levels);
    if (quantization.output == OutputQuantizer::mid_tread) {
        return half_to_even(out * (2.0L * levels - 1.0L) / 2.0L);
    }
    long long count = 0;
    while (std::abs(out) * (levels - 1.0L) >= static_cast<long double>(count) + 0.5L) {
        ++count;
    }
    return out < 0.0L ? -count : count;
}

/// From A to the results.
void brute_read_out(const Config& config, BruteForce& result) {
    const Geometry& geometry = config.geometry;
    const Quantization& quantization = config.quantization;
    const auto levels = static_cast<long double>(quantization.output_levels);
    for (std::size_t e = 0; e < geometry.dim; ++e) {
        long long sum = 0;
        long double y = 0.0L;
        for (std::size_t tile = 0; tile < geometry.tiles; ++tile) {
            const long double a = result.a[tile * geometry.dim + e];
            const long double out = std::clamp(a / config.charge_to_pulse.a_sat, -1.0L, 1.0L);
            if (quantization.output == OutputQuantizer::off) {
                y += out;
                continue;
            }
            const long long count = brute_count(quantization, out);
            if (quantization.output == OutputQuantizer::counter) {
                sum += count;
                y += static_cast<long double>(count) / (levels - 1.0L);
                result.counts_saturated += std::abs(count) == std::llround(levels) - 1 ? 1 : 0;
            } else {
                y += static_cast<long double>(count) * (2.0L / (2.0L * levels - 1.0L));
            }
        }
        if (quantization.output == OutputQuantizer::counter) {
            result.counts.push_back(sum);
        }
        result.y.push_back(y);
    }
}

/// What the last token of `sequence` gives.
BruteForce brute_force(const Config& config, std::size_t window, const std::vector<Sample>& sequence) {
    const Geometry& geometry = config.geometry;
    const std::size_t now = sequence.size() - 1;
    BruteForce result;
    result.s.assign(geometry.capacity(), 0.0L);
    result.phi.assign(geometry.capacity(), 0.0L);
    result.a.assign(geometry.tiles * geometry.dim, 0.0L);
    const long double supply = kSupplyV;
    const long double offset = kOffsetV;
    for (std::size_t column = 0; column < geometry.capacity(); ++column) {
        const std::optional<std::size_t> token = token_in_column(column, window, now);
        if (!token) {
            continue;
        }
        const Sample& past = sequence[*token];
        for (std::size_t r = 0; r < geometry.dim; ++r) {
            const long double q = nearest_level(sequence[now].q[r], 1.0L, config.quantization.query_levels);
            const long double k = nearest_level(past.k[r], supply, config.quantization.store_levels);
            result.s[column] += cell(config, q, k - offset, now - *token);
        }
        result.phi[column] = std::clamp(result.s[column] / config.charge_to_pulse.s_sat, 0.0L, 1.0L);
        result.phi_saturated += result.phi[column] == 1.0L ? 1 : 0;
        for (std::size_t e = 0; e < geometry.dim; ++e) {
            const long double v = nearest_level(past.v[e], supply, config.quantization.store_levels);
            result.a[column / geometry.tile_tokens * geometry.dim + e] +=
                cell(config, result.phi[column], v - offset, now - *token);
        }
    }
    brute_read_out(config, result);
    return result;
}

class RandomHead {
 public:
    explicit RandomHead(std::uint64_t seed) : random_(seed) {
        config_.geometry = {.dim = pick(1, 9), .tile_tokens = pick(1, 7), .tiles = pick(1, 5)};
        config_.quantization.query_levels = levels();
        config_.quantization.store_levels = levels();
        config_.quantization.output = static_cast<OutputQuantizer>(pick(0, 2));
        config_.quantization.output_levels = pick(0, 1) == 0 ? 16 : static_cast<unsigned>(pick(2, 40));
        config_.cell.model = static_cast<CellModel>(pick(0, 2));
        if (config_.cell.model == CellModel::polynomial) {
            config_.cell.coefficients.resize(pick(1, 6));
            for (double& coefficient : config_.cell.coefficients) {
                coefficient = 20.0 * uniform() - 8.0;
            }
        }
        const double charge = 1.0 + 4.0 * uniform();
        config_.charge_to_pulse.s_sat = charge * std::sqrt(static_cast<double>(config_.geometry.dim));
        config_.charge_to_pulse.a_sat = charge * std::sqrt(static_cast<double>(config_.geometry.tile_tokens));
        config_.leakage.form = static_cast<LeakageForm>(pick(0, 2));
        config_.leakage.decay_per_token = 0.2 * uniform();
    }

    [[nodiscard]] const Config& config() const { return config_; }

    /// Any window that fits, the widest one every other time.
    std::size_t window() {
        const std::size_t capacity = config_.geometry.capacity();
        return pick(0, 1) == 0 ? capacity : pick(1, capacity);
    }

    std::size_t pick(std::size_t low, std::size_t high) {
        return std::uniform_int_distribution<std::size_t>(low, high)(random_);
    }
    Sample sample() { return random_sample(random_, config_.geometry.dim); }

 private:
    double uniform() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); }
    unsigned levels() {
        const std::size_t choice = pick(0, 3);
        return choice == 0 ? 0U : static_cast<unsigned>(choice == 1 ? 16 : pick(2, 20));
    }

    std::mt19937_64 random_;
    Config config_;
};

bool close(double got, long double expected) {
    return std::abs(static_cast<long double>(got) - expected) <= 1e-12L * (1.0L + std::abs(expected));
}

struct Tally {
    std::uint64_t compared = 0;
    std::uint64_t skipped = 0;
    std::uint64_t saturated = 0;
};

void compare_step(const Reference& reference, const Config& config, const StepResult& result, const Probe& probe,
                  const BruteForce& expected, Tally& tally) {
    ASSERT_EQ(probe.s.size(), expected.s.size());
    ASSERT_EQ(probe.phi.size(), expected.phi.size());
    ASSERT_EQ(probe.a.size(), expected.a.size());
    for (std::size_t column = 0; column < expected.s.size(); ++column) {
        ASSERT_TRUE(close(probe.s[column], expected.s[column]))
            << "S of column " << column << ": expected " << expected.s[column] << ", got " << probe.s[column];
        ASSERT_TRUE(close(probe.phi[column], expected.phi[column]))
            << "phi of column " << column << ": expected " << expected.phi[column] << ", got " << probe.phi[column];
    }
    for (std::size_t i = 0; i < expected.a.size(); ++i) {
        ASSERT_TRUE(close(probe.a[i], expected.a[i]))
            << "A of tile " << i / config.geometry.dim << ", output " << i % config.geometry.dim << ": expected "
            << expected.a[i] << ", got " << probe.a[i];
    }
    ASSERT_EQ(result.y.size(), config.geometry.dim);
    ASSERT_EQ(result.counts.size(), expected.counts.size());
    ASSERT_EQ(reference.near_threshold().size(), config.geometry.dim);
    for (std::size_t e = 0; e < config.geometry.dim; ++e) {
        if (reference.near_threshold()[e] != 0) {
            ++tally.skipped;
            continue;
        }
        ++tally.compared;
        if (!expected.counts.empty()) {
            ASSERT_EQ(result.counts[e], expected.counts[e]) << "count of output " << e;
        }
        ASSERT_TRUE(close(result.y[e], expected.y[e]))
            << "y of output " << e << ": expected " << expected.y[e] << ", got " << result.y[e];
    }
}

TEST(Reference, AgreesWithBruteForceOnRandomHeads) {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        RandomHead head(seed);
        const Config& config = head.config();
        const std::size_t window = head.window();
        SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(config, window));
        Reference reference(config, window);
        for (int sequence_number = 0; sequence_number < 2; ++sequence_number) {
            std::vector<Sample> sequence;
            const std::size_t tokens = head.pick(1, 3 * window + 2);
            reference.new_sequence();
            for (std::size_t t = 0; t < tokens; ++t) {
                SCOPED_TRACE("sequence " + std::to_string(sequence_number) + ", token " + std::to_string(t));
                sequence.push_back(head.sample());
                StepResult result;
                Probe probe;
                const StepStatistics before = reference.statistics();
                reference.step(sequence.back().token(), result, &probe);
                const BruteForce expected = brute_force(config, window, sequence);
                compare_step(reference, config, result, probe, expected, tally);
                ASSERT_EQ(reference.statistics().phi_saturated - before.phi_saturated, expected.phi_saturated);
                if (config.quantization.output == OutputQuantizer::counter) {
                    ASSERT_EQ(reference.statistics().counts_saturated - before.counts_saturated,
                              expected.counts_saturated);
                    tally.saturated += expected.counts_saturated;
                }
                if (HasFatalFailure()) {
                    return;
                }
            }
        }
    }
    EXPECT_GT(tally.compared, 20000U);
    // Random values hardly ever come that near to a threshold; the tests above place them there.
    EXPECT_LT(tally.skipped, tally.compared / 200);
    EXPECT_GT(tally.saturated, 100U);
}

TEST(Reference, AgreesWithBruteForceAtThePapersSize) {
    // A full window, wrapped: the steps before the compared ones only fill the history.
    std::mt19937_64 random(2025);
    const Config config;
    const std::size_t window = 1024;
    SCOPED_TRACE("seed 2025: " + describe(config, window));
    Reference reference(config, window);
    std::vector<Sample> sequence;
    Tally tally;
    for (std::size_t t = 0; t < 1400; ++t) {
        sequence.push_back(random_sample(random, 64));
        StepResult result;
        Probe probe;
        reference.step(sequence.back().token(), result, &probe);
        if (t == 1399) {
            compare_step(reference, config, result, probe, brute_force(config, window, sequence), tally);
        }
    }
    EXPECT_GE(tally.compared, 60U);
}

// --- Bad input -------------------------------------------------------------------------------------------------------

template <typename Function>
std::string message_of(Function function) {
    try {
        function();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing thrown";
}

TEST(Reference, RefusesWhatItCannotComputeAndNamesIt) {
    const Config good;
    EXPECT_NO_THROW(Reference(good, 1));
    EXPECT_NO_THROW(Reference(good, 1024));
    EXPECT_NE(message_of([&] { Reference(good, 0); }).find("window is 0"), std::string::npos);
    EXPECT_NE(message_of([&] { Reference(good, 1025); }).find("window is 1025"), std::string::npos);
    const auto refusal = [&](auto&& change) {
        Config config = good;
        change(config);
        return message_of([&] { Reference(config, 1); });
    };
    EXPECT_NE(refusal([](Config& c) { c.geometry.dim = 0; }).find("geometry.dim is 0"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.geometry.tiles = 0; }).find("geometry.tiles is 0"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.quantization.query_levels = 1; }).find("query_levels"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.quantization.store_levels = 1; }).find("store_levels"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.quantization.output_levels = 1; }).find("output_levels"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.charge_to_pulse.s_sat = 0.0; }).find("s_sat"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.charge_to_pulse.a_sat = -1.0; }).find("a_sat is -1"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.leakage.decay_per_token = -1.0; }).find("decay"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.cell.model = CellModel::polynomial; }).find("coefficients"), std::string::npos);
    EXPECT_NE(refusal([](Config& c) { c.cell.coefficients = {std::nan("")}; }).find("finite"), std::string::npos);
}

TEST(Reference, RefusedTokenLeavesTheSequenceAsItWas) {
    Reference reference(one_cell_config(), 1);
    const Sample good = scalar_sample(1.0, 0.9, 0.9);
    run_step(reference, good);
    for (const Sample& bad :
         {scalar_sample(1.01, 0.9, 0.9), scalar_sample(-0.01, 0.9, 0.9), scalar_sample(1.0, 0.91, 0.9),
          scalar_sample(1.0, -0.1, 0.9), scalar_sample(1.0, 0.9, 1.0), scalar_sample(1.0, 0.9, std::nan("")),
          Sample{{}, {0.9}, {0.9}}, Sample{{1.0}, {0.9, 0.9}, {0.9}}, Sample{{1.0}, {0.9}, {0.9, 0.1}}}) {
        StepResult result{.counts = {77}, .y = {}};
        EXPECT_THROW(reference.step(bad.token(), result), std::invalid_argument);
        EXPECT_EQ(result.counts, std::vector<std::int32_t>{77});
    }
    EXPECT_EQ(reference.statistics().phi_saturated, 0U);
    Reference fresh(one_cell_config(), 1);
    run_step(fresh, good);
    EXPECT_EQ(run_step(reference, good).counts, run_step(fresh, good).counts);
}

}  // namespace
}  // namespace gca
