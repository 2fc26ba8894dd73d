// The host's encoder and the DAC against the definition of rounding, for every level count.
#include "behavioral/codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "behavioral/config.h"

namespace gca {
namespace {

constexpr unsigned kMostLevels = 256;  // a code is a byte

unsigned encode_one(double value, double full_scale, unsigned levels) {
    std::uint8_t code = 0xEE;
    encode({&value, 1}, full_scale, levels, {&code, 1});
    return code;
}

long double distance_to_level(double value, double full_scale, unsigned levels, unsigned code) {
    return std::fabs(static_cast<long double>(value) - code * static_cast<long double>(full_scale) / (levels - 1));
}

/// By trying all levels: the nearest one, of two equally near ones the even one.
unsigned nearest_level(double value, double full_scale, unsigned levels) {
    unsigned best = 0;
    for (unsigned code = 1; code < levels; ++code) {
        const long double here = distance_to_level(value, full_scale, levels, code);
        const long double there = distance_to_level(value, full_scale, levels, best);
        if (here < there || (here == there && code % 2 == 0)) {
            best = code;
        }
    }
    return best;
}

TEST(Codec, AQueryOfAWholeNumberOfFifteenthsIsThatCode) {
    for (unsigned code = 0; code < 16; ++code) {
        EXPECT_EQ(encode_one(code / 15.0, 1.0, 16), code);
    }
}

TEST(Codec, AStoredVoltageOfAWholeNumberOfSeventhsOfTheSupplyIsThatCode) {
    for (unsigned code = 0; code < 8; ++code) {
        EXPECT_EQ(encode_one(code * 0.9 / 7.0, 0.9, 8), code);
    }
}

TEST(Codec, TheEndsOfTheRangeAreTheFirstAndTheLastCodeForEveryLevelCount) {
    for (unsigned levels = 2; levels <= kMostLevels; ++levels) {
        for (const double full_scale : {1.0, 0.9, 0.3, 1e-12, 7e9}) {
            EXPECT_EQ(encode_one(0.0, full_scale, levels), 0U) << levels << " levels over " << full_scale;
            EXPECT_EQ(encode_one(full_scale, full_scale, levels), levels - 1)
                << levels << " levels over " << full_scale;
        }
    }
}

TEST(Codec, EveryLevelItselfIsItsOwnCodeForEveryLevelCount) {
    for (unsigned levels = 2; levels <= kMostLevels; ++levels) {
        for (unsigned code = 0; code < levels; ++code) {
            for (const double full_scale : {1.0, 0.9}) {
                ASSERT_EQ(encode_one(code * full_scale / (levels - 1), full_scale, levels), code)
                    << levels << " levels over " << full_scale;
            }
        }
    }
}

TEST(Codec, AnyValueGoesToTheNearestLevelForEveryLevelCount) {
    constexpr std::uint64_t kSeed = 1;
    std::mt19937_64 random(kSeed);
    std::size_t compared = 0;
    for (unsigned levels = 2; levels <= kMostLevels; levels += levels < 40 ? 1 : 9) {
        for (const double full_scale : {1.0, 0.9}) {
            for (int i = 0; i < 100; ++i) {
                const double value = full_scale * std::uniform_real_distribution<double>(0.0, 1.0)(random);
                const unsigned want = nearest_level(value, full_scale, levels);
                const long double step = static_cast<long double>(full_scale) / (levels - 1);
                if (std::fabs(distance_to_level(value, full_scale, levels, want) / step - 0.5L) < 1e-9L) {
                    continue;  // a tie but for rounding: its own tests are below
                }
                ASSERT_EQ(encode_one(value, full_scale, levels), want)
                    << "seed " << kSeed << ", value " << value << ", " << levels << " levels over " << full_scale;
                ++compared;
            }
        }
    }
    EXPECT_GT(compared, 10000U);
}

TEST(Codec, ValuesOnEitherSideOfATieGoToTheLevelOnThatSide) {
    for (unsigned levels = 2; levels <= kMostLevels; ++levels) {
        for (unsigned code = 0; code + 1 < levels; ++code) {
            for (const double full_scale : {1.0, 0.9}) {
                const double tie = (code + 0.5) * full_scale / (levels - 1);
                ASSERT_EQ(encode_one(tie * (1.0 - 1e-12), full_scale, levels), code)
                    << levels << " levels over " << full_scale;
                ASSERT_EQ(encode_one(tie * (1.0 + 1e-12), full_scale, levels), code + 1)
                    << levels << " levels over " << full_scale;
            }
        }
    }
}

// With 2^n + 1 levels over 0..1 ties are binary fractions, without any rounding.
TEST(Codec, AnExactTieGoesToTheEvenCodeAndTheNextNumberToItsOwnSide) {
    for (const unsigned steps : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U}) {
        for (unsigned code = 0; code < steps; ++code) {
            const double tie = (code + 0.5) / steps;
            const unsigned even = code % 2 == 0 ? code : code + 1;
            EXPECT_EQ(encode_one(tie, 1.0, steps + 1), even) << "value " << tie;
            EXPECT_EQ(encode_one(std::nextafter(tie, 0.0), 1.0, steps + 1), code) << "below " << tie;
            EXPECT_EQ(encode_one(std::nextafter(tie, 1.0), 1.0, steps + 1), code + 1) << "above " << tie;
        }
    }
}

TEST(Codec, TheMiddleOfTheRangeIsAnExactTieThatGoesToTheEvenCode) {
    for (unsigned levels = 2; levels <= kMostLevels; levels += 2) {
        const unsigned upper = levels / 2;
        const unsigned even = upper % 2 == 0 ? upper : upper - 1;
        EXPECT_EQ(encode_one(kOffsetV, kSupplyV, levels), even) << levels << " levels";
        EXPECT_EQ(encode_one(0.5, 1.0, levels), even) << levels << " levels";
    }
    EXPECT_EQ(encode_one(0.45, 0.9, 8), 4U);
    EXPECT_EQ(encode_one(0.5, 1.0, 16), 8U);
    EXPECT_EQ(encode_one(0.5, 1.0, 6), 2U);
}

TEST(Codec, AGreaterValueNeverGetsASmallerCode) {
    for (const unsigned levels : {2U, 3U, 8U, 16U, 31U, 256U}) {
        unsigned last = 0;
        for (int i = 0; i <= 4000; ++i) {
            const unsigned code = encode_one(i / 4000.0, 1.0, levels);
            ASSERT_GE(code, last) << levels << " levels, value " << i / 4000.0;
            last = code;
        }
        EXPECT_EQ(last, levels - 1);
    }
}

TEST(Codec, AVectorOfAnyLengthIsEncodedElementByElementAndNothingBesideIt) {
    constexpr std::uint64_t kSeed = 2;
    std::mt19937_64 random(kSeed);
    for (std::size_t size = 0; size <= 70; ++size) {
        std::vector<double> values(size);
        for (double& value : values) {
            value = std::uniform_real_distribution<double>(0.0, kSupplyV)(random);
        }
        std::vector<std::uint8_t> codes(size + 64, 0xEE);
        encode(values, kSupplyV, 8, {codes.data(), size});
        for (std::size_t i = 0; i < codes.size(); ++i) {
            ASSERT_EQ(codes[i], i < size ? nearest_level(values[i], kSupplyV, 8) : 0xEEU)
                << "seed " << kSeed << ", size " << size << ", element " << i;
        }
    }
}

TEST(Dac, EightLevelsAreSevenEqualStepsToTheSupply) {
    const Dac dac(8);
    EXPECT_EQ(dac.levels(), 8U);
    EXPECT_EQ(dac.volts(0), 0.0);
    EXPECT_EQ(dac.volts(7), 0.9);
    for (unsigned code = 0; code < 8; ++code) {
        EXPECT_NEAR(dac.volts(static_cast<std::uint8_t>(code)), code * 0.1285714285714285714, 1e-15);
    }
}

TEST(Dac, EveryLevelCountSpansTheSupplyInEqualSteps) {
    for (unsigned levels = 2; levels <= kMostLevels; ++levels) {
        const Dac dac(levels);
        ASSERT_EQ(dac.levels(), levels);
        for (unsigned code = 0; code < levels; ++code) {
            const long double want = code * 0.9L / (levels - 1);
            ASSERT_NEAR(dac.volts(static_cast<std::uint8_t>(code)), static_cast<double>(want), 3e-16)
                << levels << " levels, code " << code;
        }
    }
}

TEST(Dac, EncodingItsVoltageGivesTheCodeBackForEveryLevelCount) {
    for (unsigned levels = 2; levels <= kMostLevels; ++levels) {
        const Dac dac(levels);
        for (unsigned code = 0; code < levels; ++code) {
            ASSERT_EQ(encode_one(dac.volts(static_cast<std::uint8_t>(code)), kSupplyV, levels), code)
                << levels << " levels";
        }
    }
}

}  // namespace
}  // namespace gca
