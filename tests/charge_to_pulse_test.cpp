// The two charge-to-pulse blocks against the equations of the specification's section 3.
#include "behavioral/charge_to_pulse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "behavioral/time_base.h"

namespace gca {
namespace {

constexpr TimeBase kPaperTime{.query_cycles = 15, .emit_cycles = 15};

struct Emission {
    std::vector<double> width;
    std::size_t saturated = 0;
};

Emission emit(double s_sat, const std::vector<double>& charge, const std::vector<std::uint8_t>& valid) {
    Emission result{std::vector<double>(charge.size(), -1.0)};
    result.saturated = ReluChargeToPulse(s_sat).emit(charge, valid, result.width);
    return result;
}

// --- S3 --------------------------------------------------------------------------------------------------------------

TEST(ReluChargeToPulse, NegativeChargeGivesNoPulse) {
    const Emission result = emit(80.0, {-1e-300, -1.0, -80.0, -1e9, -0.0}, {1, 1, 1, 1, 1});
    EXPECT_EQ(result.width, (std::vector<double>(5, 0.0)));
    EXPECT_EQ(result.saturated, 0U);
}

TEST(ReluChargeToPulse, TheWidthIsLinearUpToTheLongestPulse) {
    const Emission result = emit(80.0, {0.0, 1e-9, 20.0, 40.0, 79.0}, {1, 1, 1, 1, 1});
    EXPECT_EQ(result.width[0], 0.0);
    EXPECT_DOUBLE_EQ(result.width[1], 1.25e-11);
    EXPECT_DOUBLE_EQ(result.width[2], 0.25);
    EXPECT_DOUBLE_EQ(result.width[3], 0.5);
    EXPECT_DOUBLE_EQ(result.width[4], 0.9875);
    EXPECT_EQ(result.saturated, 0U);
}

TEST(ReluChargeToPulse, FromTheSaturationChargeOnThePulseIsTheLongestAndCounted) {
    const Emission result = emit(64.0, {64.0, 63.999, 64.001, 1e12}, {1, 1, 1, 1});
    EXPECT_EQ(result.width[0], 1.0);
    EXPECT_LT(result.width[1], 1.0);
    EXPECT_EQ(result.width[2], 1.0);
    EXPECT_EQ(result.width[3], 1.0);
    EXPECT_EQ(result.saturated, 3U);
}

TEST(ReluChargeToPulse, AColumnThatIsNotValidEmitsNothingAndIsNotCounted) {
    const Emission result = emit(80.0, {40.0, 1e9, -1.0, 80.0, 40.0}, {0, 0, 0, 1, 1});
    EXPECT_EQ(result.width, (std::vector<double>{0.0, 0.0, 0.0, 1.0, 0.5}));
    EXPECT_EQ(result.saturated, 1U);
}

TEST(ReluChargeToPulse, AnyNumberOfColumnsFollowsTheEquation) {
    constexpr std::uint64_t kSeed = 1;
    std::mt19937_64 random(kSeed);
    std::size_t saturated = 0;
    for (std::size_t columns = 0; columns <= 133; ++columns) {
        const double s_sat = std::exp(std::uniform_real_distribution<double>(-5.0, 9.0)(random));
        std::vector<double> charge(columns);
        std::vector<std::uint8_t> valid(columns);
        for (std::size_t c = 0; c < columns; ++c) {
            charge[c] = s_sat * std::uniform_real_distribution<double>(-1.0, 1.5)(random);
            valid[c] = static_cast<std::uint8_t>(random() % 4 == 0 ? 0 : 1);
        }
        const Emission result = emit(s_sat, charge, valid);
        std::size_t longest = 0;
        for (std::size_t c = 0; c < columns; ++c) {
            const long double phi = std::clamp(static_cast<long double>(charge[c]) / s_sat, 0.0L, 1.0L);
            const double want = valid[c] != 0 ? static_cast<double>(phi) : 0.0;
            ASSERT_NEAR(result.width[c], want, 3e-16) << "seed " << kSeed << ", s_sat " << s_sat << ", column " << c
                                                      << " of " << columns << ", charge " << charge[c];
            longest += want == 1.0 ? 1 : 0;
        }
        ASSERT_EQ(result.saturated, longest) << "seed " << kSeed << ", " << columns << " columns";
        saturated += longest;
    }
    EXPECT_GT(saturated, 100U);
}

// --- S5 --------------------------------------------------------------------------------------------------------------

TEST(SignedChargeToPulse, TheClampedChargeIsLinearBetweenMinusOneAndOne) {
    const SignedChargeToPulse c2p(40.0, kPaperTime);
    EXPECT_DOUBLE_EQ(c2p.clamped(0.0), 0.0);
    EXPECT_DOUBLE_EQ(c2p.clamped(10.0), 0.25);
    EXPECT_DOUBLE_EQ(c2p.clamped(-30.0), -0.75);
    EXPECT_EQ(c2p.clamped(40.0), 1.0);
    EXPECT_EQ(c2p.clamped(-40.0), -1.0);
    EXPECT_EQ(c2p.clamped(1e30), 1.0);
    EXPECT_EQ(c2p.clamped(-1e30), -1.0);
}

TEST(SignedChargeToPulse, FullScaleIsFifteenSamplesOfEitherSign) {
    const SignedChargeToPulse c2p(40.0, kPaperTime);
    EXPECT_EQ(c2p.max_samples(), 15U);
    EXPECT_EQ(c2p.signed_samples(40.0), 15);
    EXPECT_EQ(c2p.signed_samples(-40.0), -15);
    EXPECT_EQ(c2p.signed_samples(1e30), 15);
    EXPECT_EQ(c2p.signed_samples(-1e30), -15);
    EXPECT_DOUBLE_EQ(c2p.samples_per_charge(), 15.0 / 40.0);
}

TEST(SignedChargeToPulse, AChargeOfLessThanHalfACycleIsNoSampleOfEitherSign) {
    const SignedChargeToPulse c2p(40.0, kPaperTime);
    for (const double charge : {0.0, -0.0, 1e-300, 1.33, -1e-300, -1.33}) {
        EXPECT_EQ(c2p.signed_samples(charge), 0) << charge;
    }
    EXPECT_EQ(c2p.signed_samples(1.34), 1);
    EXPECT_EQ(c2p.signed_samples(-1.34), -1);
}

// 40/15 * (n + 1/2) is a whole charge for n = 1, 4, 7, 10 and 13.
TEST(SignedChargeToPulse, ATieAtThePapersScaleCountsUpInMagnitude) {
    const SignedChargeToPulse c2p(40.0, kPaperTime);
    for (int n = 1; n <= 13; n += 3) {
        const double charge = 4.0 * (2 * n + 1) / 3.0;
        EXPECT_EQ(c2p.signed_samples(charge), n + 1) << charge;
        EXPECT_EQ(c2p.signed_samples(-charge), -(n + 1)) << charge;
    }
}

// With a power of two as full scale and as number of cycles nothing is rounded.
TEST(SignedChargeToPulse, AnExactTieCountsUpInMagnitudeAndJustBelowItDoesNot) {
    const SignedChargeToPulse c2p(32.0, {.query_cycles = 15, .emit_cycles = 16});
    for (int n = 0; n < 16; ++n) {
        const double charge = 2.0 * n + 1.0;
        const double below = charge * (1.0 - 1e-15);
        EXPECT_EQ(c2p.signed_samples(charge), n + 1);
        EXPECT_EQ(c2p.signed_samples(-charge), -(n + 1));
        EXPECT_EQ(c2p.signed_samples(below), n);
        EXPECT_EQ(c2p.signed_samples(-below), -n);
    }
}

TEST(SignedChargeToPulse, AnyChargeIsItsNearestCountForEveryCycleCount) {
    constexpr std::uint64_t kSeed = 2;
    std::mt19937_64 random(kSeed);
    std::size_t compared = 0;
    for (unsigned emit_cycles = 1; emit_cycles <= 127; ++emit_cycles) {
        const double a_sat = std::exp(std::uniform_real_distribution<double>(-9.0, 9.0)(random));
        const SignedChargeToPulse c2p(a_sat, {.query_cycles = 3, .emit_cycles = emit_cycles});
        EXPECT_EQ(c2p.max_samples(), emit_cycles);
        for (int i = 0; i < 200; ++i) {
            const double charge = a_sat * std::uniform_real_distribution<double>(-1.3, 1.3)(random);
            const long double cycles = std::clamp(static_cast<long double>(charge) / a_sat, -1.0L, 1.0L) * emit_cycles;
            if (std::fabs(std::fabs(cycles - std::nearbyint(cycles)) - 0.5L) < 1e-11L) {
                continue;
            }
            ASSERT_EQ(c2p.signed_samples(charge), static_cast<int>(std::nearbyint(cycles)))
                << "seed " << kSeed << ", charge " << charge << ", a_sat " << a_sat << ", " << emit_cycles << " cycles";
            ASSERT_NEAR(c2p.clamped(charge), static_cast<double>(cycles / emit_cycles), 3e-16) << "seed " << kSeed;
            ASSERT_NEAR(c2p.samples_per_charge() * a_sat, emit_cycles, 1e-13) << "seed " << kSeed;
            ++compared;
        }
    }
    EXPECT_GT(compared, 20000U);
}

}  // namespace
}  // namespace gca
