// The kernels of every vector extension that this machine has, against formulas written out naively, and against each
// other to the bit. All buffers are exactly as long as the contract says, so that the address sanitizer sees an
// overrun.
#include "behavioral/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace gca::kernels {
namespace {

using Random = std::mt19937_64;

double uniform(Random& random, double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
}

std::int64_t whole(Random& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

std::size_t size_between(Random& random, std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random);
}

std::size_t round_up(std::size_t value, std::size_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

template <typename T>
bool same_bits(const std::vector<T>& one, const std::vector<T>& other) {
    return one.size() == other.size() &&
           (one.empty() || std::memcmp(one.data(), other.data(), one.size() * sizeof(T)) == 0);
}

/// Runs each test for all extensions, and puts the best one back.
class Kernels : public testing::Test {
 protected:
    void TearDown() override { force_target(""); }

    /// Calls `body(target)` under each target, with a trace of target, seed and `what`.
    template <typename Body>
    static void for_each_target(std::uint64_t seed, const std::string& what, Body body) {
        for (const std::string& target : target_names()) {
            force_target(target);
            SCOPED_TRACE(testing::Message() << "target " << target << ", seed " << seed << ", " << what);
            body();
            if (HasFailure()) {
                return;
            }
        }
    }

    /// Calls `compute()` (a vector of results) under each target: all must give the same bits. Returns them.
    template <typename Compute>
    static auto same_for_each_target(std::uint64_t seed, const std::string& what, Compute compute) {
        force_target("");
        auto best = compute();
        for_each_target(seed, what,
                        [&] { EXPECT_TRUE(same_bits(compute(), best)) << "other bits than the best target"; });
        return best;
    }
};

// --- Targets ---------------------------------------------------------------------------------------------------------

TEST_F(Kernels, ThereAreSeveralTargetsAndEachCanBeForced) {
    const std::vector<std::string> names = target_names();
    ASSERT_FALSE(names.empty());
    for (const std::string& name : names) {
        force_target(name);
        EXPECT_EQ(target_name(), name);
    }
}

TEST_F(Kernels, AnEmptyNameForcesTheBestTargetWhichIsTheFirst) {
    const std::vector<std::string> names = target_names();
    force_target(names.back());
    force_target("");
    EXPECT_EQ(target_name(), names.front());
}

TEST_F(Kernels, NoTargetIsListedTwice) {
    std::vector<std::string> names = target_names();
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

// --- Dot products ----------------------------------------------------------------------------------------------------

struct DotCase {
    std::size_t lanes;
    std::size_t steps;
    std::size_t padded_lanes;
    std::size_t quads;
    std::vector<std::uint8_t> codes;  // [quads][padded lanes][4]
    MomentTables tables{};

    DotCase(std::size_t lane_count, std::size_t step_count)
        : lanes(lane_count),
          steps(step_count),
          padded_lanes(round_up(lane_count, kLaneBlock)),
          quads(round_up(step_count, kQuad) / kQuad),
          codes(padded_lanes * quads * kQuad, 0) {}

    void fill(Random& random) {
        for (std::uint8_t& code : codes) {
            code = static_cast<std::uint8_t>(whole(random, 0, 15));
        }
        for (auto& table : tables) {
            for (std::uint8_t& entry : table) {
                entry = static_cast<std::uint8_t>(whole(random, 0, 127));
            }
        }
    }
    [[nodiscard]] CodeView view() const { return {codes.data(), padded_lanes, quads}; }
    [[nodiscard]] std::int64_t value(std::size_t moment, std::size_t lane, std::size_t step) const {
        const std::uint8_t code = codes[(step / kQuad * padded_lanes + lane) * kQuad + step % kQuad];
        return tables.at(moment).at(code);
    }
    [[nodiscard]] std::string text() const {
        std::ostringstream out;
        out << lanes << " lanes, " << steps << " steps";
        return out.str();
    }
};

std::vector<std::int8_t> random_digits(Random& random, std::size_t size) {
    std::vector<std::int8_t> digits(size);
    for (std::int8_t& digit : digits) {
        digit = static_cast<std::int8_t>(whole(random, -128, 127));
    }
    return digits;
}

constexpr std::int32_t kUntouched = -123456789;

std::array<std::int32_t*, kMoments> moment_pointers(std::vector<std::int32_t>& moments) {
    const std::size_t lanes = moments.size() / kMoments;
    return {moments.data(), &moments[lanes], &moments[2 * lanes]};
}

TEST_F(Kernels, QuadDotSumsTableEntriesTimesDigits) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Random random(seed);
        DotCase dot(size_between(random, 1, 90), size_between(random, 1, 90));
        dot.fill(random);
        const std::vector<std::int8_t> digits = random_digits(random, dot.quads * kQuad);
        const std::size_t used = size_between(random, 0, dot.lanes);
        const std::string what = dot.text() + ", " + std::to_string(used) + " used";
        for_each_target(seed, what, [&] {
            std::vector<std::int32_t> got(kMoments * dot.padded_lanes, kUntouched);
            quad_dot(dot.view(), dot.tables, digits.data(), used, moment_pointers(got));
            for (std::size_t m = 0; m < kMoments; ++m) {
                for (std::size_t lane = 0; lane < used; ++lane) {
                    std::int64_t want = 0;
                    for (std::size_t step = 0; step < dot.quads * kQuad; ++step) {
                        want += dot.value(m, lane, step) * digits[step];
                    }
                    ASSERT_EQ(got[m * dot.padded_lanes + lane], want) << "moment " << m << ", lane " << lane;
                }
                for (std::size_t lane = round_up(used, kLaneBlock); lane < dot.padded_lanes; ++lane) {
                    ASSERT_EQ(got[m * dot.padded_lanes + lane], kUntouched) << "moment " << m << ", lane " << lane;
                }
            }
        });
        if (HasFailure()) {
            return;
        }
    }
}

TEST_F(Kernels, QuadDotWideSumsTableEntriesTimesSixteenBitNumbers) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Random random(seed);
        DotCase dot(size_between(random, 1, 70), size_between(random, 1, 90));
        dot.fill(random);
        const std::size_t quads = size_between(random, 0, dot.quads);
        const std::size_t stride = dot.quads * kQuad + size_between(random, 0, 9);
        const std::vector<std::int8_t> digits = random_digits(random, 2 * kMoments * stride);
        const std::string what = dot.text() + ", " + std::to_string(quads) + " quads used";
        for_each_target(seed, what, [&] {
            std::vector<std::int32_t> got(kMoments * dot.padded_lanes, kUntouched);
            quad_dot_wide(dot.view(), dot.tables, digits.data(), stride, quads, moment_pointers(got));
            for (std::size_t m = 0; m < kMoments; ++m) {
                for (std::size_t lane = 0; lane < dot.padded_lanes; ++lane) {
                    std::int64_t want = 0;
                    for (std::size_t step = 0; step < quads * kQuad; ++step) {
                        const int value = digits[2 * m * stride + step] + 256 * digits[(2 * m + 1) * stride + step];
                        want += dot.value(m, lane, step) * value;
                    }
                    ASSERT_EQ(got[m * dot.padded_lanes + lane], want) << "moment " << m << ", lane " << lane;
                }
            }
        });
        if (HasFailure()) {
            return;
        }
    }
}

// Two products are added up in 16 bits on the way: the largest table entries with the largest digits must fit.
TEST_F(Kernels, DotProductsOfExtremeEntriesAndDigitsDoNotOverflow) {
    DotCase dot(17, 512);
    dot.tables.at(0).fill(127);
    dot.tables.at(1).fill(127);
    dot.tables.at(2).fill(127);
    for (const std::int8_t extreme : {std::int8_t{-128}, std::int8_t{127}}) {
        const std::vector<std::int8_t> digits(2 * kMoments * dot.steps, extreme);
        for_each_target(0, "all digits " + std::to_string(extreme), [&] {
            std::vector<std::int32_t> narrow(kMoments * dot.padded_lanes, kUntouched);
            quad_dot(dot.view(), dot.tables, digits.data(), dot.lanes, moment_pointers(narrow));
            std::vector<std::int32_t> wide(kMoments * dot.padded_lanes, kUntouched);
            quad_dot_wide(dot.view(), dot.tables, digits.data(), dot.steps, dot.quads, moment_pointers(wide));
            for (std::size_t m = 0; m < kMoments; ++m) {
                for (std::size_t lane = 0; lane < dot.lanes; ++lane) {
                    ASSERT_EQ(narrow[m * dot.padded_lanes + lane], 512 * 127 * extreme);
                    ASSERT_EQ(wide[m * dot.padded_lanes + lane], 512LL * 127 * 257 * extreme);
                }
            }
        });
    }
}

// --- Leakage and cells -----------------------------------------------------------------------------------------------

struct CellCase {
    std::array<double, kMoments + 1> fresh{};
    bool voltage_form = true;
    std::vector<double> remaining;

    CellCase(Random& random, std::size_t columns) : voltage_form(random() % 2 == 0), remaining(columns) {
        for (double& coefficient : fresh) {
            coefficient = random() % 5 == 0 ? 0.0 : uniform(random, -5.0, 5.0);
        }
        for (double& a : remaining) {
            const auto kind = random() % 6;
            a = kind == 0 ? 1.0 : kind == 1 ? 0.0 : kind == 2 ? 1e-89 : uniform(random, 0.0, 1.0);
        }
    }
    [[nodiscard]] CellTerms terms() const {
        return {.fresh = fresh, .voltage_form = voltage_form, .remaining = remaining.data()};
    }
    /// Coefficient of order i that the leakage has left in column c.
    [[nodiscard]] long double left(std::size_t i, std::size_t c) const {
        const long double a = remaining[c];
        return fresh.at(i) * (voltage_form ? std::pow(a, static_cast<long double>(i)) : a);
    }
};

MomentBasis random_basis(Random& random) {
    MomentBasis basis{};
    for (double& shift : basis.shift) {
        shift = static_cast<double>(whole(random, 0, 60));
    }
    basis.scale2 = static_cast<double>(whole(random, 1, 8));
    basis.base2 = static_cast<double>(whole(random, 0, 1));
    basis.scale3 = static_cast<double>(whole(random, 1, 24));
    return basis;
}

TEST_F(Kernels, ScoresAreTheCellsPolynomialInTheMoments) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Random random(seed);
        const std::size_t columns = size_between(random, 0, 70);
        const CellCase cell(random, columns);
        const MomentBasis basis = random_basis(random);
        std::array<std::vector<std::int32_t>, kMoments> t;
        for (auto& moment : t) {
            moment.resize(columns);
            for (std::int32_t& value : moment) {
                value = static_cast<std::int32_t>(whole(random, -200000, 200000));
            }
        }
        const auto sum_q = static_cast<double>(whole(random, 0, 2000));
        const double x_unit = 1.0 / static_cast<double>(whole(random, 1, 127));
        const auto got = same_for_each_target(seed, std::to_string(columns) + " columns", [&] {
            std::vector<double> s(columns, -7.0);
            scores({.t = {t[0].data(), t[1].data(), t[2].data()},
                    .cell = cell.terms(),
                    .basis = basis,
                    .sum_q = sum_q,
                    .x_unit = x_unit,
                    .columns = columns},
                   s.data());
            return s;
        });
        for (std::size_t c = 0; c < columns; ++c) {
            const long double m1 = t[0][c] - basis.shift[0] * static_cast<long double>(sum_q);
            const long double m2 =
                basis.scale2 * (t[1][c] - basis.shift[1] * static_cast<long double>(sum_q)) + basis.base2 * sum_q;
            const long double m3 = basis.scale3 * (t[2][c] - basis.shift[2] * static_cast<long double>(sum_q)) + m1;
            const std::array<long double, 4> m{sum_q, m1, m2, m3};
            long double want = 0.0L;
            long double size = 0.0L;
            for (std::size_t i = 0; i < m.size(); ++i) {
                want += cell.left(i, c) * m.at(i) * x_unit;
                size += std::fabs(cell.left(i, c) * m.at(i) * x_unit);
            }
            ASSERT_NEAR(got[c], static_cast<double>(want), static_cast<double>(1e-14L * size))
                << "seed " << seed << ", column " << c << " of " << columns << ", voltage form " << cell.voltage_form;
        }
    }
}

TEST_F(Kernels, DecayMultipliesEveryColumnByTheFactor) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Random random(seed);
        const std::size_t columns = size_between(random, 0, 70);
        const double factor = uniform(random, 0.0, 1.0);
        std::vector<double> remaining(columns);
        for (double& a : remaining) {
            a = uniform(random, 0.0, 1.0);
        }
        const auto got = same_for_each_target(seed, std::to_string(columns) + " columns", [&] {
            std::vector<double> a = remaining;
            decay(factor, columns, a.data());
            return a;
        });
        for (std::size_t c = 0; c < columns; ++c) {
            ASSERT_EQ(got[c], remaining[c] * factor) << "seed " << seed << ", column " << c;
        }
    }
}

TEST_F(Kernels, DecayEndsInZeroAndNeverInADenormalNumber) {
    for (const double factor : {0.5, 1e-30, 0.0}) {
        const auto got = same_for_each_target(0, "factor " + std::to_string(factor), [&] {
            std::vector<double> a(9, 1.0);
            for (int token = 0; token < 3000; ++token) {
                decay(factor, a.size(), a.data());
                for (const double left : a) {
                    // Its third power, which the voltage form takes, is a normal number, too.
                    const bool normal = left == 0.0 || left * left * left >= std::numeric_limits<double>::min();
                    EXPECT_TRUE(normal) << "after " << token << " tokens: " << left;
                }
            }
            return a;
        });
        EXPECT_EQ(got, std::vector<double>(9, 0.0));
    }
}

TEST_F(Kernels, DecayKeepsWhatStillCounts) {
    std::vector<double> a{1e-50};
    decay(0.5, 1, a.data());
    EXPECT_EQ(a[0], 0.5e-50);
}

// --- Charge-to-pulse and sums ----------------------------------------------------------------------------------------

TEST_F(Kernels, ReluWidthsClampAndCountWhatIsValid) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Random random(seed);
        const std::size_t columns = size_between(random, 0, 90);
        const double inv_s_sat = uniform(random, 0.001, 3.0);
        std::vector<double> s(columns);
        std::vector<std::uint8_t> valid(columns);
        for (std::size_t c = 0; c < columns; ++c) {
            s[c] = random() % 7 == 0 ? 0.0 : uniform(random, -1.0, 2.0) / inv_s_sat;
            valid[c] = random() % 3 == 0 ? std::uint8_t{0} : std::uint8_t{1};
        }
        std::size_t saturated = 0;
        const auto got = same_for_each_target(seed, std::to_string(columns) + " columns", [&] {
            std::vector<double> phi(columns, -7.0);
            const std::size_t reached = relu_widths(s.data(), valid.data(), inv_s_sat, columns, phi.data());
            phi.push_back(static_cast<double>(reached));
            return phi;
        });
        for (std::size_t c = 0; c < columns; ++c) {
            const double want = valid[c] == 0 ? 0.0 : std::clamp(s[c] * inv_s_sat, 0.0, 1.0);
            ASSERT_EQ(got[c], want) << "seed " << seed << ", column " << c << ", s " << s[c] << ", valid "
                                    << int{valid[c]};
            saturated += want == 1.0 ? 1 : 0;
        }
        ASSERT_EQ(got.back(), static_cast<double>(saturated)) << "seed " << seed;
    }
}

TEST_F(Kernels, LargestIsTheLargestWidthWhereverItIs) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Random random(seed);
        std::vector<double> widths(size_between(random, 0, 70));
        for (double& width : widths) {
            width = random() % 3 == 0 ? 0.0 : uniform(random, 0.0, 0.9);
        }
        for (std::size_t peak = 0; peak < widths.size(); ++peak) {
            std::vector<double> peaked = widths;
            peaked[peak] = 0.95;
            const auto got = same_for_each_target(seed, "peak at " + std::to_string(peak), [&] {
                return std::vector<double>{largest(peaked.data(), peaked.size())};
            });
            ASSERT_EQ(got[0], 0.95) << "seed " << seed << ", peak at " << peak << " of " << widths.size();
        }
        const double want = widths.empty() ? 0.0 : *std::max_element(widths.begin(), widths.end());
        for_each_target(seed, std::to_string(widths.size()) + " widths",
                        [&] { ASSERT_EQ(largest(widths.data(), widths.size()), want); });
    }
}

struct WeightResult {
    std::vector<std::int8_t> digits;
    WeightSums sums;
};

WeightResult run_weights(const WeightInputs& in, std::size_t stride) {
    constexpr std::int8_t kBlank = 99;
    WeightResult result{std::vector<std::int8_t>(2 * kMoments * stride, kBlank), {}};
    std::vector<std::int32_t> words(kMoments * stride, kUntouched);
    std::vector<double> constants(stride, 1e30);
    result.sums = weights(
        in, {.stride = stride, .words = words.data(), .constants = constants.data(), .digits = result.digits.data()});
    return result;
}

struct WeightCase {
    std::size_t columns;
    CellCase cell;
    std::vector<double> phi;
    WeightInputs in;
    std::size_t stride;

    explicit WeightCase(Random& random)
        : columns(size_between(random, 0, 70)),
          cell(random, columns),
          phi(columns),
          in{.phi = phi.data(),
             .cell = cell.terms(),
             .basis = random_basis(random),
             .weight_scale = {},
             .columns = columns},
          stride(round_up(columns, kConstantParts) + kConstantParts * (random() % 2)) {
        for (double& width : phi) {
            width = random() % 4 == 0 ? 0.0 : uniform(random, 0.0, 1.0);
        }
        const std::array<double, kMoments> bound{std::fabs(cell.fresh[1]) + std::fabs(cell.fresh[3]),
                                                 in.basis.scale2 * std::fabs(cell.fresh[2]),
                                                 in.basis.scale3 * std::fabs(cell.fresh[3])};
        for (std::size_t m = 0; m < kMoments; ++m) {
            in.weight_scale.at(m) = bound.at(m) > 0.0 ? 32500.0 / bound.at(m) : 1.0;
        }
    }

    /// The weight of column c for moment m, not rounded.
    [[nodiscard]] long double weight(std::size_t m, std::size_t c) const {
        const std::array<long double, kMoments> coefficient{
            cell.left(1, c) + cell.left(3, c), in.basis.scale2 * cell.left(2, c), in.basis.scale3 * cell.left(3, c)};
        return phi[c] * coefficient.at(m) * in.weight_scale.at(m);
    }
    [[nodiscard]] std::string text() const { return std::to_string(columns) + " columns"; }
};

TEST_F(Kernels, WeightsAreTheWidthsTimesTheCoefficientsRoundedToTheNearestWholeNumber) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Random random(seed);
        const WeightCase weight(random);
        for_each_target(seed, weight.text(), [&] {
            const WeightResult got = run_weights(weight.in, weight.stride);
            for (std::size_t m = 0; m < kMoments; ++m) {
                const std::int8_t* low = got.digits.data() + 2 * m * weight.stride;
                const std::int8_t* high = low + weight.stride;
                std::int64_t sum = 0;
                for (std::size_t c = 0; c < weight.columns; ++c) {
                    const int word = low[c] + 256 * high[c];
                    ASSERT_NEAR(word, static_cast<double>(weight.weight(m, c)), 0.5 + 1e-9)
                        << "moment " << m << ", column " << c;
                    sum += word;
                }
                ASSERT_EQ(got.sums.sum.at(m), sum) << "moment " << m;
            }
        });
        ASSERT_FALSE(HasFailure());
    }
}

TEST_F(Kernels, WeightsBeyondTheColumnsAreZeroUpToAQuad) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Random random(seed);
        const WeightCase weight(random);
        for_each_target(seed, weight.text(), [&] {
            const WeightResult got = run_weights(weight.in, weight.stride);
            for (std::size_t row = 0; row < 2 * kMoments; ++row) {
                for (std::size_t c = weight.columns; c < round_up(weight.columns, kQuad); ++c) {
                    ASSERT_EQ(got.digits[row * weight.stride + c], 0) << "row " << row << ", column " << c;
                }
            }
        });
        ASSERT_FALSE(HasFailure());
    }
}

TEST_F(Kernels, TheConstantOfTheWeightsIsTheChargeWithoutALevel) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Random random(seed);
        const WeightCase weight(random);
        const auto got = same_for_each_target(seed, weight.text(), [&] {
            return std::vector<double>{run_weights(weight.in, weight.stride).sums.constant};
        });
        long double want = 0.0L;
        long double size = 0.0L;
        for (std::size_t c = 0; c < weight.columns; ++c) {
            const long double term =
                weight.phi[c] * (weight.cell.left(0, c) + weight.in.basis.base2 * weight.cell.left(2, c));
            want += term;
            size += std::fabs(term);
        }
        ASSERT_NEAR(got[0], static_cast<double>(want), static_cast<double>(1e-15L * size))
            << "seed " << seed << ", " << weight.text();
    }
}

TEST_F(Kernels, WeightsAtBothEndsOfTheirRangeStillSplitIntoSignedBytes) {
    const std::vector<double> remaining(5, 1.0);
    const std::vector<double> phi{1.0, 0.5, 1.0 / 32500.0, 127.0 / 32500.0, 128.0 / 32500.0};
    for (const double sign : {1.0, -1.0}) {
        const WeightInputs in{
            .phi = phi.data(),
            .cell = {.fresh = {0.0, 0.0, sign, sign}, .voltage_form = true, .remaining = remaining.data()},
            .basis = {.shift = {0.0, 0.0, 0.0}, .scale2 = 1.0, .base2 = 0.0, .scale3 = 1.0},
            .weight_scale = {32500.0, 32500.0, 32500.0},
            .columns = phi.size()};
        for_each_target(0, "sign " + std::to_string(sign), [&] {
            const WeightResult got = run_weights(in, 8);
            const std::vector<int> want{32500, 16250, 1, 127, 128};
            for (std::size_t m = 0; m < kMoments; ++m) {
                for (std::size_t c = 0; c < phi.size(); ++c) {
                    EXPECT_EQ(got.digits[2 * m * 8 + c] + 256 * got.digits[(2 * m + 1) * 8 + c], sign * want[c])
                        << "moment " << m << ", column " << c;
                }
            }
        });
    }
}

struct CountCase {
    std::array<std::vector<std::int32_t>, kMoments> t;
    CountInputs in{};

    CountCase(Random& random, std::size_t outputs) {
        for (std::size_t m = 0; m < kMoments; ++m) {
            t.at(m).resize(outputs);
            for (std::int32_t& value : t.at(m)) {
                value = static_cast<std::int32_t>(whole(random, -1000, 1000));
            }
            in.t.at(m) = t.at(m).data();
            in.inv_scale.at(m) = uniform(random, 0.0, 0.02);
            in.offset.at(m) = static_cast<double>(whole(random, -500, 500));
        }
        in.constant = uniform(random, -5.0, 5.0);
        in.gain = uniform(random, 0.1, 3.0);
        in.error = random() % 4 == 0 ? 0.0 : std::exp(uniform(random, -20.0, 0.5));
        in.max_count = static_cast<double>(whole(random, 1, 127));
        in.outputs = outputs;
    }
    [[nodiscard]] long double cycles(std::size_t e) const {
        long double a = in.constant;
        for (std::size_t m = 0; m < kMoments; ++m) {
            a += in.inv_scale.at(m) * (t.at(m)[e] - static_cast<long double>(in.offset.at(m)));
        }
        return a * in.gain;
    }
};

/// Nearest count of a signed number of cycles, half away from zero, clamped.
int nearest_count(long double cycles, double max_count) {
    const long double count = std::min<long double>(std::floor(std::fabs(cycles) + 0.5L), max_count);
    return static_cast<int>(cycles < 0.0L ? -count : count);
}

TEST_F(Kernels, SignedCountsAreRightOrUncertain) {
    std::size_t certain = 0;
    std::size_t uncertain_total = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        Random random(seed);
        const std::size_t outputs = size_between(random, 1, 70);
        const CountCase count(random, outputs);
        const auto got = same_for_each_target(seed, std::to_string(outputs) + " outputs", [&] {
            std::vector<std::int8_t> counts(outputs, 99);
            std::vector<std::uint8_t> uncertain(outputs, 99);
            const std::size_t total = signed_counts(count.in, counts.data(), uncertain.data());
            EXPECT_EQ(total, static_cast<std::size_t>(std::count(uncertain.begin(), uncertain.end(), 1)));
            std::vector<std::int8_t> both = counts;
            both.insert(both.end(), uncertain.begin(), uncertain.end());
            return both;
        });
        const long double margin = static_cast<long double>(count.in.error) * count.in.gain;
        for (std::size_t e = 0; e < outputs; ++e) {
            const long double cycles = count.cycles(e);
            const double most = count.in.max_count;
            const long double slack = 1e-12L;
            SCOPED_TRACE("seed " + std::to_string(seed) + ", output " + std::to_string(e));
            const bool unsure = got[outputs + e] != 0;
            // Whatever the true value within the error is, a certain count is the right one.
            const int low = nearest_count(cycles - margin - slack, most);
            const int high = nearest_count(cycles + margin + slack, most);
            if (low == high) {
                ASSERT_FALSE(unsure) << static_cast<double>(cycles) << " cycles";
            }
            if (nearest_count(cycles - margin + slack, most) != nearest_count(cycles + margin - slack, most) &&
                margin > slack) {
                ASSERT_TRUE(unsure) << static_cast<double>(cycles) << " cycles";
            }
            if (!unsure && low == high) {
                ASSERT_EQ(got[e], low) << static_cast<double>(cycles) << " cycles";
                ++certain;
            }
            uncertain_total += unsure ? 1 : 0;
        }
    }
    EXPECT_GT(certain, 1000U);
    EXPECT_GT(uncertain_total, 200U);
}

TEST_F(Kernels, LaneChargeIsTheSumInOrderOfTheCellsOfOneLane) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Random random(seed);
        DotCase dot(size_between(random, 1, 40), size_between(random, 1, 90));
        dot.fill(random);
        const std::size_t steps = size_between(random, 0, dot.steps);
        const CellCase cell(random, steps);
        std::vector<double> phi(steps);
        for (double& width : phi) {
            width = uniform(random, 0.0, 1.0);
        }
        const std::size_t lane = size_between(random, 0, dot.lanes - 1);
        const auto level_step = static_cast<double>(whole(random, 1, 2));
        const auto level_top = static_cast<double>(whole(random, 1, 15));
        const auto got = same_for_each_target(seed, dot.text(), [&] {
            std::vector<double> scratch(steps, 1e30);
            return std::vector<double>{lane_charge({.view = dot.view(),
                                                    .lane = lane,
                                                    .phi = phi.data(),
                                                    .cell = cell.terms(),
                                                    .level_step = level_step,
                                                    .level_top = level_top,
                                                    .steps = steps},
                                                   scratch.data())};
        });
        long double want = 0.0L;
        long double size = 0.0L;
        for (std::size_t c = 0; c < steps; ++c) {
            const int code = dot.codes[(c / kQuad * dot.padded_lanes + lane) * kQuad + c % kQuad];
            const long double level = level_step * code - level_top;
            for (std::size_t i = 0; i <= kMoments; ++i) {
                const long double term = phi[c] * cell.left(i, c) * std::pow(level, static_cast<long double>(i));
                want += term;
                size += std::fabs(term);
            }
        }
        ASSERT_NEAR(got[0], static_cast<double>(want), static_cast<double>(1e-14L * size))
            << "seed " << seed << ", " << dot.text() << ", lane " << lane << ", " << steps << " used";
    }
}

// --- Codes and bits --------------------------------------------------------------------------------------------------

TEST_F(Kernels, EncodeRoundsToTheNearestHalfToEven) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Random random(seed);
        const std::size_t size = size_between(random, 0, 90);
        const auto steps = static_cast<double>(whole(random, 1, 255));
        std::vector<double> values(size);
        for (double& value : values) {
            // Of 2 * steps equal parts: every other one is a tie.
            value = random() % 2 == 0
                        ? uniform(random, 0.0, 1.0)
                        : static_cast<double>(whole(random, 0, static_cast<int>(2 * steps))) / (2 * steps);
        }
        const auto got = same_for_each_target(seed, std::to_string(size) + " values", [&] {
            std::vector<std::uint8_t> codes(size, 99);
            encode(values.data(), size, 1.0, steps, codes.data());
            return codes;
        });
        for (std::size_t i = 0; i < size; ++i) {
            const double position = values[i] * steps;
            const double down = std::floor(position);
            const double part = position - down;
            const bool up = part > 0.5 || (part == 0.5 && std::fmod(down, 2.0) == 1.0);
            ASSERT_EQ(got[i], down + (up ? 1.0 : 0.0))
                << "seed " << seed << ", value " << values[i] << ", steps " << steps;
        }
    }
}

TEST_F(Kernels, EncodeDividesByTheFullScale) {
    const std::vector<double> values{0.0, 0.3, 0.6, 0.9};
    for_each_target(0, "0.9 V", [&] {
        std::vector<std::uint8_t> codes(4);
        encode(values.data(), 4, 0.9, 15.0, codes.data());
        EXPECT_EQ(codes, (std::vector<std::uint8_t>{0, 5, 10, 15}));
    });
}

TEST_F(Kernels, PackedBitsAreTheSignsAndTheMagnitudesAboveTheLimit) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Random random(seed);
        const std::size_t size = 64 * size_between(random, 0, 9);
        const std::int64_t range = seed % 2 == 0 ? 15 : 127;
        std::vector<std::int8_t> counts(size);
        for (std::int8_t& count : counts) {
            count = static_cast<std::int8_t>(whole(random, -range, range));
        }
        const auto limit = static_cast<std::int8_t>(whole(random, 0, range));
        for_each_target(seed, std::to_string(size) + " counts, limit " + std::to_string(limit), [&] {
            constexpr std::uint64_t kBlank = 0xA5A5A5A5A5A5A5A5U;
            std::vector<std::uint64_t> below(size / 64 + 1, kBlank);
            std::vector<std::uint64_t> above(size / 64 + 1, kBlank);
            pack_below_zero(counts.data(), size, below.data());
            pack_magnitude_above(counts.data(), size, limit, above.data());
            for (std::size_t i = 0; i < size; ++i) {
                ASSERT_EQ(below[i / 64] >> (i % 64) & 1U, counts[i] < 0 ? 1U : 0U) << "count " << i;
                ASSERT_EQ(above[i / 64] >> (i % 64) & 1U, std::abs(counts[i]) > limit ? 1U : 0U) << "count " << i;
            }
            ASSERT_EQ(below.back(), kBlank);
            ASSERT_EQ(above.back(), kBlank);
        });
    }
}

}  // namespace
}  // namespace gca::kernels
