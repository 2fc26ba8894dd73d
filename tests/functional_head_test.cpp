// The functional engine against the reference model, for every setting of the converters, and its probe against the
// equations of the specification's section 3, evaluated here once more in long double.
#include "behavioral/functional_head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/head.h"
#include "behavioral/kernels.h"
#include "behavioral/reference.h"

namespace gca {
namespace {

using Random = std::mt19937_64;

double uniform(Random& random, double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
}

std::size_t whole(Random& random, std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random);
}

bool one_in(Random& random, unsigned n) {
    return whole(random, 1, n) == 1;
}

/// A token that owns its numbers.
struct Sample {
    std::vector<double> q;
    std::vector<double> k;
    std::vector<double> v;

    [[nodiscard]] Token token() const { return {q, k, v}; }
};

Sample random_sample(Random& random, std::size_t dim) {
    Sample sample{std::vector<double>(dim), std::vector<double>(dim), std::vector<double>(dim)};
    // Keys above the middle on the whole, so that there are scores to speak of.
    const double key_low = uniform(random, 0.0, 0.45);
    for (std::size_t i = 0; i < dim; ++i) {
        sample.q[i] = one_in(random, 12) ? 1.0 : uniform(random, 0.0, 1.0);
        sample.k[i] = one_in(random, 12) ? kSupplyV : uniform(random, key_low, kSupplyV);
        sample.v[i] = one_in(random, 12) ? 0.0 : uniform(random, 0.0, kSupplyV);
    }
    return sample;
}

std::string describe(std::uint64_t seed, const Config& config, std::size_t window) {
    std::ostringstream out;
    out.precision(17);
    out << "seed " << seed << ": dim " << config.geometry.dim << ", tile_tokens " << config.geometry.tile_tokens
        << ", tiles " << config.geometry.tiles << ", window " << window << ", query_levels "
        << config.quantization.query_levels << ", store_levels " << config.quantization.store_levels << ", output "
        << static_cast<int>(config.quantization.output) << " x " << config.quantization.output_levels << ", cell "
        << static_cast<int>(config.cell.model) << " {";
    for (const double coefficient : config.cell.coefficients) {
        out << ' ' << coefficient;
    }
    out << " }, s_sat " << config.charge_to_pulse.s_sat << ", a_sat " << config.charge_to_pulse.a_sat << ", leakage "
        << static_cast<int>(config.leakage.form) << " x " << config.leakage.decay_per_token;
    return out.str();
}

Config random_config(Random& random) {
    Config config;
    config.geometry = {.dim = whole(random, 1, 21), .tile_tokens = whole(random, 1, 9), .tiles = whole(random, 1, 4)};
    config.quantization.query_levels = static_cast<unsigned>(one_in(random, 5) ? 0 : whole(random, 2, 40));
    config.quantization.store_levels = static_cast<unsigned>(one_in(random, 5) ? 0 : whole(random, 2, 20));
    config.quantization.output =
        std::array{OutputQuantizer::counter, OutputQuantizer::mid_tread, OutputQuantizer::off}.at(whole(random, 0, 2));
    config.quantization.output_levels = static_cast<unsigned>(one_in(random, 2) ? 16 : whole(random, 2, 128));
    config.cell.model = std::array{CellModel::cubic, CellModel::linear, CellModel::polynomial}.at(whole(random, 0, 2));
    if (config.cell.model == CellModel::polynomial) {
        config.cell.coefficients.resize(whole(random, 1, 6));
        for (double& coefficient : config.cell.coefficients) {
            coefficient = uniform(random, -10.0, 30.0);
        }
    }
    config.leakage.form =
        std::array{LeakageForm::off, LeakageForm::voltage, LeakageForm::product}.at(whole(random, 0, 2));
    config.leakage.decay_per_token = std::array{0.0, 1.56e-4, 0.02, 0.5}.at(whole(random, 0, 3));
    // A head of few rows wants a smaller full scale.
    config.charge_to_pulse.s_sat = static_cast<double>(config.geometry.dim) * uniform(random, 0.5, 4.0);
    config.charge_to_pulse.a_sat = uniform(random, 2.0, 20.0);
    return config;
}

StepResult run_step(FunctionalHead& head, const Sample& sample, Probe* probe = nullptr) {
    StepResult result{.counts = {7, 7, 7}, .y = {7.0}};
    head.step(sample.token(), result, probe);
    return result;
}

bool same_bits(const std::vector<double>& one, const std::vector<double>& other) {
    return one.size() == other.size() &&
           (one.empty() || std::memcmp(one.data(), other.data(), one.size() * sizeof(double)) == 0);
}

bool same_result(const StepResult& one, const StepResult& other) {
    return one.counts == other.counts && same_bits(one.y, other.y);
}

// --- Against the reference model -------------------------------------------------------------------------------------

struct Comparison {
    std::size_t outputs = 0;
    std::size_t inside = 0;  ///< outputs that are not zero
    std::size_t skipped = 0;
    StepStatistics statistics{};
};

/// Runs both on the same tokens, with new sequences in between.
void compare_with_reference(std::uint64_t seed, const Config& config, std::size_t window, std::size_t tokens,
                            Comparison& comparison) {
    SCOPED_TRACE(describe(seed, config, window));
    Random random(seed + 77);
    FunctionalHead head(config, window);
    Reference reference(config, window);
    const OutputQuantizer output = config.quantization.output;
    StepResult want;
    std::size_t skipped = 0;
    for (std::size_t t = 0; t < tokens; ++t) {
        if (one_in(random, 25)) {
            head.new_sequence();
            reference.new_sequence();
        }
        const Sample sample = random_sample(random, config.geometry.dim);
        Probe probe;
        const StepResult got = run_step(head, sample, one_in(random, 2) ? &probe : nullptr);
        reference.step(sample.token(), want);
        ASSERT_EQ(got.y.size(), config.geometry.dim);
        ASSERT_EQ(got.counts.size(), output == OutputQuantizer::counter ? config.geometry.dim : 0U);
        for (std::size_t e = 0; e < config.geometry.dim; ++e) {
            if (reference.near_threshold()[e] != 0) {
                ++skipped;
                continue;
            }
            if (output == OutputQuantizer::off) {
                ASSERT_NEAR(got.y[e], want.y[e], 1e-11) << "token " << t << ", output " << e;
            } else {
                ASSERT_EQ(got.y[e], want.y[e]) << "token " << t << ", output " << e;
            }
            if (output == OutputQuantizer::counter) {
                ASSERT_EQ(got.counts[e], want.counts[e]) << "token " << t << ", output " << e;
            }
            ++comparison.outputs;
            comparison.inside += got.y[e] != 0.0 ? 1 : 0;
        }
    }
    EXPECT_EQ(reference.inputs_near_threshold_total(), 0U) << "choose another seed";
    EXPECT_EQ(head.statistics().phi_saturated, reference.statistics().phi_saturated);
    if (skipped == 0) {
        EXPECT_EQ(head.statistics().counts_saturated, reference.statistics().counts_saturated);
    }
    comparison.skipped += skipped;
    comparison.statistics.phi_saturated += head.statistics().phi_saturated;
    comparison.statistics.counts_saturated += head.statistics().counts_saturated;
}

TEST(FunctionalHead, AgreesWithTheReferenceForAnyConfiguration) {
    Comparison comparison;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        const std::size_t window = whole(random, 1, config.geometry.capacity());
        compare_with_reference(seed, config, window, 60, comparison);
        if (testing::Test::HasFailure()) {
            return;
        }
    }
    EXPECT_GT(comparison.outputs, 200000U);
    EXPECT_GT(comparison.inside, 100000U);
    EXPECT_LT(comparison.skipped, 1000U);
    EXPECT_GT(comparison.statistics.phi_saturated, 1000U);
    EXPECT_GT(comparison.statistics.counts_saturated, 1000U);
}

TEST(FunctionalHead, AgreesWithTheReferenceForEveryCombinationOfConvertersCellAndLeakage) {
    for (const unsigned query_levels : {0U, 2U, 16U, 128U}) {
        for (const unsigned store_levels : {0U, 2U, 8U, 15U, 16U, 128U}) {
            for (const OutputQuantizer output :
                 {OutputQuantizer::counter, OutputQuantizer::mid_tread, OutputQuantizer::off}) {
                for (const CellModel model : {CellModel::cubic, CellModel::linear, CellModel::polynomial}) {
                    for (const LeakageForm form : {LeakageForm::off, LeakageForm::voltage, LeakageForm::product}) {
                        Config config;
                        config.geometry = {.dim = 6, .tile_tokens = 5, .tiles = 2};
                        config.quantization = {query_levels, store_levels, output, 16};
                        config.cell = {.model = model, .coefficients = {0.5, 12.0, -3.0, 40.0, 7.0}};
                        config.charge_to_pulse = {.s_sat = 20.0, .a_sat = 12.0};
                        config.leakage = {.form = form, .decay_per_token = 0.03};
                        Comparison comparison;
                        compare_with_reference(store_levels, config, 9, 30, comparison);
                        ASSERT_FALSE(testing::Test::HasFailure());
                        ASSERT_GT(comparison.inside, 0U);
                    }
                }
            }
        }
    }
}

TEST(FunctionalHead, AgreesWithTheReferenceAtThePapersSize) {
    Config config;
    Comparison comparison;
    compare_with_reference(1, config, config.geometry.capacity(), 120, comparison);
    config.geometry.tiles = 1;
    compare_with_reference(2, config, 64, 300, comparison);
    compare_with_reference(3, config, 50, 300, comparison);
    EXPECT_GT(comparison.inside, 10000U);
}

TEST(FunctionalHead, AgreesWithTheReferenceAfterTheWindowHasWrappedManyTimes) {
    Comparison comparison;
    for (const OutputQuantizer output : {OutputQuantizer::counter, OutputQuantizer::mid_tread, OutputQuantizer::off}) {
        for (const std::size_t window : {1U, 2U, 5U, 6U, 7U, 12U}) {
            Config config;
            config.geometry = {.dim = 5, .tile_tokens = 6, .tiles = 2};
            config.quantization.output = output;
            config.charge_to_pulse = {.s_sat = 15.0, .a_sat = 8.0};
            compare_with_reference(4, config, window, 700, comparison);
            ASSERT_FALSE(testing::Test::HasFailure());
        }
    }
    EXPECT_GT(comparison.inside, 10000U);
}

// --- Output quantisers by hand ---------------------------------------------------------------------------------------

/// One cell of each array, phi = 1 and a charge of 20 u: with v = 0.45 V + u an output of 20 u / a_sat.
Config one_cell_config(OutputQuantizer output, double a_sat) {
    Config config;
    config.geometry = {.dim = 1, .tile_tokens = 1, .tiles = 1};
    config.quantization = {.query_levels = 0, .store_levels = 0, .output = output, .output_levels = 16};
    config.cell = {.model = CellModel::polynomial, .coefficients = {0.0, 20.0}};
    config.charge_to_pulse = {.s_sat = 1.0, .a_sat = a_sat};
    config.leakage.form = LeakageForm::off;
    return config;
}

StepResult one_cell_result(OutputQuantizer output, double v, double a_sat) {
    FunctionalHead head(one_cell_config(output, a_sat), 1);
    return run_step(head, {{1.0}, {0.9}, {v}});
}

TEST(FunctionalHead, TheCounterGivesFifteenthsAndTheirCount) {
    const StepResult half = one_cell_result(OutputQuantizer::counter, 0.7, 10.0);  // an output of 0.5: 7.5 cycles
    EXPECT_NEAR(half.y[0], 0.5, 0.5 / 15.0 + 1e-12);
    const StepResult some = one_cell_result(OutputQuantizer::counter, 0.25, 10.0);  // -0.4: -6 cycles
    EXPECT_EQ(some.counts, (std::vector<std::int32_t>{-6}));
    EXPECT_EQ(some.y, (std::vector<double>{-6.0 / 15.0}));
    EXPECT_EQ(one_cell_result(OutputQuantizer::counter, 0.9, 3.0).counts, (std::vector<std::int32_t>{15}));
    EXPECT_EQ(one_cell_result(OutputQuantizer::counter, 0.0, 3.0).counts, (std::vector<std::int32_t>{-15}));
}

TEST(FunctionalHead, MidTreadHasThirtyThreeCodesInStepsOfTwoThirtyFirsts) {
    // -0.4 * 15.5 = -6.2: -6 steps. Full scale is 15.5 steps, of which half to even makes 16.
    const StepResult some = one_cell_result(OutputQuantizer::mid_tread, 0.25, 10.0);
    EXPECT_TRUE(some.counts.empty());
    EXPECT_EQ(some.y, (std::vector<double>{-6.0 / 15.5}));
    EXPECT_EQ(one_cell_result(OutputQuantizer::mid_tread, 0.9, 3.0).y, (std::vector<double>{16.0 / 15.5}));
    EXPECT_EQ(one_cell_result(OutputQuantizer::mid_tread, 0.0, 3.0).y, (std::vector<double>{-16.0 / 15.5}));
}

TEST(FunctionalHead, WithoutAnOutputQuantiserTheClampedValueItselfIsTheResult) {
    const StepResult some = one_cell_result(OutputQuantizer::off, 0.25, 10.0);
    EXPECT_TRUE(some.counts.empty());
    EXPECT_NEAR(some.y[0], -0.4, 1e-15);
    EXPECT_EQ(one_cell_result(OutputQuantizer::off, 0.9, 3.0).y, (std::vector<double>{1.0}));
    EXPECT_EQ(one_cell_result(OutputQuantizer::off, 0.0, 3.0).y, (std::vector<double>{-1.0}));
}

// Two sub-tiles of a third of a cycle each: nothing, though their sum would count.
TEST(FunctionalHead, EverySubTileIsQuantisedBeforeTheSubTilesAreAdded) {
    for (const OutputQuantizer output : {OutputQuantizer::counter, OutputQuantizer::mid_tread}) {
        Config config = one_cell_config(output, 10.0);
        config.geometry.tiles = 2;
        FunctionalHead head(config, 2);
        const Sample sample{{1.0}, {0.9}, {0.45 + 0.5 / 45.0}};
        run_step(head, sample);
        EXPECT_EQ(run_step(head, sample).y, (std::vector<double>{0.0}));
    }
}

// Two sub-tiles at full scale of opposite sign, and one of them twice: clamped first, they cancel.
TEST(FunctionalHead, EverySubTileIsClampedBeforeTheSubTilesAreAdded) {
    for (const OutputQuantizer output : {OutputQuantizer::counter, OutputQuantizer::mid_tread, OutputQuantizer::off}) {
        Config config = one_cell_config(output, 1.0);
        config.geometry.tiles = 2;
        FunctionalHead head(config, 2);
        run_step(head, {{1.0}, {0.9}, {0.9}});
        EXPECT_EQ(run_step(head, {{1.0}, {0.9}, {0.3}}).y, (std::vector<double>{0.0}));
    }
}

// --- Probe -----------------------------------------------------------------------------------------------------------

/// One head by section 3's equations over the whole sequence so far.
class Equations {
 public:
    Equations(const Config& config, std::size_t window) : config_(config), window_(window) {
        switch (config.cell.model) {
            case CellModel::cubic:
                coefficients_ = {0.52136361, 13.61226063, -2.62044562, 46.05483778};
                break;
            case CellModel::linear:
                coefficients_ = {0.0, 19.3};
                break;
            case CellModel::polynomial:
                coefficients_.assign(config.cell.coefficients.begin(), config.cell.coefficients.end());
                break;
        }
    }

    void new_sequence() { tokens_.clear(); }

    /// A value, and how much rounding in double precision may change it.
    struct Value {
        long double value = 0.0L;
        long double size = 0.0L;
    };
    struct Step {
        std::vector<Value> s;
        std::vector<Value> phi;
        std::vector<Value> a;
    };

    Step step(const Sample& sample) {
        tokens_.push_back(sample);
        const Geometry& geometry = config_.geometry;
        Step result{std::vector<Value>(geometry.capacity()), std::vector<Value>(geometry.capacity()),
                    std::vector<Value>(geometry.tiles * geometry.dim)};
        const std::size_t now = tokens_.size() - 1;
        const std::size_t first = now + 1 > window_ ? now + 1 - window_ : 0;
        for (std::size_t j = first; j <= now; ++j) {
            const std::size_t column = j % window_;
            Value& s = result.s[column];
            for (std::size_t r = 0; r < geometry.dim; ++r) {
                const long double x = quantized(sample.q[r], 1.0L, config_.quantization.query_levels);
                add_cell(s, x, tokens_[j].k[r], now - j);
            }
            const long double s_sat = config_.charge_to_pulse.s_sat;
            Value& phi = result.phi[column];
            phi = {std::clamp(s.value / s_sat, 0.0L, 1.0L), s.size / s_sat};
            for (std::size_t e = 0; e < geometry.dim; ++e) {
                Value& a = result.a[column / geometry.tile_tokens * geometry.dim + e];
                add_cell(a, phi.value, tokens_[j].v[e], now - j);
                if (phi.value > 0.0L && phi.value < 1.0L) {
                    Value per_width;
                    add_cell(per_width, 1.0L, tokens_[j].v[e], now - j);
                    a.size += phi.size * per_width.size;
                }
            }
        }
        return result;
    }

 private:
    static long double quantized(long double value, long double full_scale, unsigned levels) {
        const long double last = levels - 1.0L;
        return levels == 0 ? value : std::nearbyint(value / full_scale * last) * full_scale / last;
    }
    void add_cell(Value& sum, long double x, double volts, std::size_t age) const {
        const long double a = std::exp(-static_cast<long double>(age) * config_.leakage.decay_per_token);
        const LeakageForm form = config_.leakage.form;
        const long double u = (form == LeakageForm::voltage ? a : 1.0L) *
                              (quantized(volts, 0.9L, config_.quantization.store_levels) - 0.45L);
        for (std::size_t i = 0; i < coefficients_.size(); ++i) {
            const long double term = (form == LeakageForm::product ? a : 1.0L) * x * coefficients_[i] *
                                     std::pow(u, static_cast<long double>(i));
            sum.value += term;
            // The voltage is rounded, too: near the offset that is all that is left of it.
            sum.size += std::fabs(term) + x * 3e-3L * std::fabs(coefficients_[i]);
        }
    }

    Config config_;
    std::size_t window_;
    std::vector<long double> coefficients_;
    std::vector<Sample> tokens_;
};

void expect_near(const char* name, const std::vector<double>& got, const std::vector<Equations::Value>& want) {
    ASSERT_EQ(got.size(), want.size()) << name;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const long double tolerance = 1e-9L * std::fabs(want[i].value) + 1e-13L * want[i].size;
        ASSERT_NEAR(got[i], static_cast<double>(want[i].value), static_cast<double>(tolerance)) << name << " " << i;
    }
}

TEST(FunctionalHead, TheProbeHasTheChargesAndWidthsOfTheEquations) {
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        const std::size_t window = whole(random, 1, config.geometry.capacity());
        SCOPED_TRACE(describe(seed, config, window));
        FunctionalHead head(config, window);
        Equations equations(config, window);
        for (int t = 0; t < 40; ++t) {
            if (one_in(random, 20)) {
                head.new_sequence();
                equations.new_sequence();
            }
            const Sample sample = random_sample(random, config.geometry.dim);
            Probe probe;
            run_step(head, sample, &probe);
            const Equations::Step want = equations.step(sample);
            SCOPED_TRACE("token " + std::to_string(t));
            expect_near("s", probe.s, want.s);
            expect_near("phi", probe.phi, want.phi);
            expect_near("a", probe.a, want.a);
            ASSERT_FALSE(testing::Test::HasFailure());
        }
    }
}

TEST(FunctionalHead, TheProbeIsThatOfTheReference) {
    for (std::uint64_t seed = 200; seed < 300; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        const std::size_t window = whole(random, 1, config.geometry.capacity());
        SCOPED_TRACE(describe(seed, config, window));
        FunctionalHead head(config, window);
        Reference reference(config, window);
        for (int t = 0; t < 40; ++t) {
            const Sample sample = random_sample(random, config.geometry.dim);
            Probe got;
            Probe want;
            StepResult unused;
            run_step(head, sample, &got);
            reference.step(sample.token(), unused, &want);
            SCOPED_TRACE("token " + std::to_string(t));
            const auto expect_same = [](const char* name, const std::vector<double>& one,
                                        const std::vector<double>& other) {
                ASSERT_EQ(one.size(), other.size()) << name;
                for (std::size_t i = 0; i < one.size(); ++i) {
                    ASSERT_NEAR(one[i], other[i], 1e-9 * std::fabs(other[i]) + 1e-11) << name << " " << i;
                }
            };
            expect_same("s", got.s, want.s);
            expect_same("phi", got.phi, want.phi);
            expect_same("a", got.a, want.a);
            expect_same("x", got.x, want.x);
            const std::span<const std::uint8_t> near = reference.near_threshold_tiles();
            ASSERT_EQ(got.out.size(), near.size());
            for (std::size_t i = 0; i < near.size(); ++i) {
                got.out[i] = near[i] != 0 ? want.out[i] : got.out[i];
            }
            expect_same("out", got.out, want.out);
            ASSERT_FALSE(testing::Test::HasFailure());
        }
    }
}

TEST(FunctionalHead, TheArraysAreThoseThatTheLastStepRead) {
    for (std::uint64_t seed = 400; seed < 440; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        const std::size_t window = whole(random, 1, config.geometry.capacity());
        SCOPED_TRACE(describe(seed, config, window));
        FunctionalHead head(config, window);
        Reference reference(config, window);
        Probe probe;
        for (int t = 0; t < 30; ++t) {
            const Sample sample = random_sample(random, config.geometry.dim);
            StepResult unused;
            run_step(head, sample, &probe);
            reference.step(sample.token(), unused);
        }
        const std::size_t dim = config.geometry.dim;
        std::vector<double> charge(config.geometry.tiles * dim, 0.0);
        for (std::size_t i = 0; i < reference.seen_tokens(); ++i) {
            const Reference::Seen seen = reference.seen(i);
            double s = 0.0;
            for (std::size_t row = 0; row < dim; ++row) {
                EXPECT_NEAR(head.keys().cell_volts(seen.column, row), kOffsetV + seen.voltage_factor * seen.key_u[row],
                            1e-12);
                EXPECT_NEAR(head.values().cell_volts(seen.column, row),
                            kOffsetV + seen.voltage_factor * seen.value_u[row], 1e-12);
                s += probe.x[row] * head.keys().cell_charge(seen.column, row);
                charge[seen.column / config.geometry.tile_tokens * dim + row] +=
                    probe.phi[seen.column] * head.values().cell_charge(seen.column, row);
            }
            EXPECT_NEAR(s, probe.s[seen.column], 1e-10) << "column " << seen.column;
        }
        for (std::size_t i = 0; i < charge.size(); ++i) {
            EXPECT_NEAR(charge[i], probe.a[i], 1e-10) << "bit line " << i;
        }
    }
}

TEST(FunctionalHead, AProbeChangesNoResult) {
    for (std::uint64_t seed = 300; seed < 340; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        FunctionalHead probed(config, config.geometry.capacity());
        FunctionalHead bare(config, config.geometry.capacity());
        SCOPED_TRACE(describe(seed, config, config.geometry.capacity()));
        Probe probe;
        for (int t = 0; t < 40; ++t) {
            const Sample sample = random_sample(random, config.geometry.dim);
            ASSERT_TRUE(same_result(run_step(probed, sample, &probe), run_step(bare, sample))) << "token " << t;
        }
        EXPECT_EQ(probed.statistics().counts_saturated, bare.statistics().counts_saturated);
        EXPECT_EQ(probed.statistics().phi_saturated, bare.statistics().phi_saturated);
    }
}

TEST(FunctionalHead, ColumnsWithoutATokenOfThisSequenceAreZeroInTheProbe) {
    Config config;
    config.geometry = {.dim = 4, .tile_tokens = 3, .tiles = 2};
    // Even a cell that would add charge at 0 V: coefficients of a positive constant.
    config.cell = {.model = CellModel::polynomial, .coefficients = {5.0}};
    config.charge_to_pulse = {.s_sat = 40.0, .a_sat = 40.0};
    Random random(1);
    FunctionalHead head(config, 5);
    Probe probe;
    for (const std::size_t tokens : {std::size_t{2}, std::size_t{9}, std::size_t{1}}) {
        head.new_sequence();
        for (std::size_t t = 0; t < tokens; ++t) {
            const Sample sample{std::vector<double>(4, 0.8), std::vector<double>(4, 0.2), std::vector<double>(4, 0.7)};
            run_step(head, sample, &probe);
        }
        for (std::size_t column = 0; column < 6; ++column) {
            const bool holds = column < std::min<std::size_t>(tokens, 5);
            EXPECT_EQ(probe.s[column] != 0.0, holds) << "column " << column << " after " << tokens << " tokens";
            EXPECT_EQ(probe.phi[column] != 0.0, holds) << "column " << column << " after " << tokens << " tokens";
        }
        for (std::size_t e = 0; e < 4; ++e) {
            EXPECT_EQ(probe.a[4 + e] != 0.0, tokens > 3) << "the second sub-tile after " << tokens << " tokens";
        }
    }
}

// --- Windows and sequences -------------------------------------------------------------------------------------------

TEST(FunctionalHead, AWindowOfOneTokenSeesThatTokenAlone) {
    Config config;
    config.geometry = {.dim = 5, .tile_tokens = 4, .tiles = 2};
    config.charge_to_pulse = {.s_sat = 15.0, .a_sat = 8.0};
    Random random(1);
    FunctionalHead head(config, 1);
    for (int t = 0; t < 30; ++t) {
        const Sample sample = random_sample(random, 5);
        FunctionalHead alone(config, 8);
        ASSERT_TRUE(same_result(run_step(head, sample), run_step(alone, sample))) << "token " << t;
    }
}

TEST(FunctionalHead, AWindowWiderThanTheSequenceIsAsGoodAsOneOfItsLength) {
    Config config;
    config.geometry = {.dim = 5, .tile_tokens = 4, .tiles = 3};
    config.charge_to_pulse = {.s_sat = 15.0, .a_sat = 8.0};
    Random random(2);
    FunctionalHead wide(config, 12);
    FunctionalHead enough(config, 7);
    for (int t = 0; t < 7; ++t) {
        const Sample sample = random_sample(random, 5);
        ASSERT_TRUE(same_result(run_step(wide, sample), run_step(enough, sample))) << "token " << t;
    }
}

TEST(FunctionalHead, ANewSequenceSeesNothingOfTheLastOne) {
    for (std::uint64_t seed = 400; seed < 460; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        const std::size_t window = whole(random, 1, config.geometry.capacity());
        SCOPED_TRACE(describe(seed, config, window));
        FunctionalHead used(config, window);
        for (std::size_t t = whole(random, 1, 3 * window); t > 0; --t) {
            run_step(used, random_sample(random, config.geometry.dim));
        }
        used.new_sequence();
        FunctionalHead fresh(config, window);
        for (int t = 0; t < 20; ++t) {
            const Sample sample = random_sample(random, config.geometry.dim);
            Probe got;
            Probe want;
            ASSERT_TRUE(same_result(run_step(used, sample, &got), run_step(fresh, sample, &want))) << "token " << t;
            ASSERT_TRUE(same_bits(got.s, want.s) && same_bits(got.phi, want.phi) && same_bits(got.a, want.a))
                << "token " << t;
        }
    }
}

// --- Statistics ------------------------------------------------------------------------------------------------------

TEST(FunctionalHead, SaturatedPulsesAndCountsAreSummedOverAllTokensAndSequences) {
    for (const OutputQuantizer output : {OutputQuantizer::counter, OutputQuantizer::mid_tread, OutputQuantizer::off}) {
        Config config = one_cell_config(output, 3.0);
        config.geometry = {.dim = 1, .tile_tokens = 1, .tiles = 2};
        FunctionalHead head(config, 2);
        EXPECT_EQ(head.statistics().phi_saturated, 0U);
        EXPECT_EQ(head.statistics().counts_saturated, 0U);
        const Sample high{{1.0}, {0.9}, {0.9}};
        const Sample middle{{1.0}, {0.9}, {0.46}};
        run_step(head, high);    // one column, one sub-tile
        run_step(head, high);    // two of both
        run_step(head, middle);  // two columns, one sub-tile
        head.new_sequence();
        run_step(head, {{0.0}, {0.9}, {0.9}});  // no pulse at all
        EXPECT_EQ(head.statistics().phi_saturated, 5U);
        EXPECT_EQ(head.statistics().counts_saturated, output == OutputQuantizer::off ? 0U : 4U);
    }
}

// --- Vector targets --------------------------------------------------------------------------------------------------

class FunctionalHeadTargets : public testing::Test {
 protected:
    void TearDown() override { kernels::force_target(""); }
};

TEST_F(FunctionalHeadTargets, EveryOneGivesTheSameBits) {
    for (std::uint64_t seed = 500; seed < 580; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        const std::size_t window = whole(random, 1, config.geometry.capacity());
        SCOPED_TRACE(describe(seed, config, window));
        std::vector<Sample> samples;
        samples.reserve(30);
        for (int t = 0; t < 30; ++t) {
            samples.push_back(random_sample(random, config.geometry.dim));
        }
        std::vector<StepResult> best;
        std::vector<Probe> best_probe;
        for (const std::string& target : kernels::target_names()) {
            kernels::force_target(target);
            SCOPED_TRACE("target " + target);
            FunctionalHead head(config, window);
            for (std::size_t t = 0; t < samples.size(); ++t) {
                Probe probe;
                const StepResult result = run_step(head, samples[t], &probe);
                if (best.size() == t) {
                    best.push_back(result);
                    best_probe.push_back(probe);
                }
                ASSERT_TRUE(same_result(result, best[t])) << "token " << t;
                ASSERT_TRUE(same_bits(probe.s, best_probe[t].s)) << "token " << t;
                ASSERT_TRUE(same_bits(probe.phi, best_probe[t].phi)) << "token " << t;
                ASSERT_TRUE(same_bits(probe.a, best_probe[t].a)) << "token " << t;
            }
        }
    }
}

}  // namespace
}  // namespace gca
