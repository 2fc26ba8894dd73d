// The whole-number basis of stored levels: every identity that the kernels rely on, for every level count.
#include "behavioral/level_basis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "behavioral/codec.h"
#include "behavioral/config.h"
#include "behavioral/kernels.h"

namespace gca {
namespace {

constexpr unsigned kMostTableLevels = 16;  // entries of a table

std::vector<unsigned> fitting_level_counts() {
    return {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15};
}

/// A table's entry without its shift.
double unshifted(const LevelBasis& basis, std::size_t moment, std::size_t code) {
    return basis.tables.at(moment).at(code) - basis.shift.at(moment);
}

TEST(LevelBasis, AllLevelCountsUpToSixteenFitButFourteenAndSixteen) {
    const std::vector<unsigned> fitting = fitting_level_counts();
    for (unsigned levels = 0; levels <= 300; ++levels) {
        const bool want = std::find(fitting.begin(), fitting.end(), levels) != fitting.end();
        EXPECT_EQ(LevelBasis(levels).fits, want) << levels << " levels";
    }
}

TEST(LevelBasis, ThoseThatDoNotFitHaveATableSpanOfMoreThanOneHundredAndTwentySeven) {
    for (unsigned levels = 2; levels <= kMostTableLevels; ++levels) {
        // The greatest level and the coarsest whole step of (m^3 - m), which is 24 for odd m and 6 otherwise.
        const int top = static_cast<int>(levels % 2 == 0 ? levels - 1 : (levels - 1) / 2);
        const int p2_span = levels % 2 == 0 ? (top * top - 1) / 8 : top * top;
        const int p3_span = 2 * (top * top * top - top) / (levels % 2 == 0 ? 24 : 6);
        const bool want = 2 * top <= 127 && p2_span <= 127 && p3_span <= 127;
        EXPECT_EQ(LevelBasis(levels).fits, want) << levels << " levels";
    }
}

TEST(LevelBasis, EightLevelsAreTheOddNumbersFromMinusSevenToSeven) {
    const LevelBasis basis(8);
    EXPECT_EQ(basis.level, (std::vector<int>{-7, -5, -3, -1, 1, 3, 5, 7}));
    EXPECT_DOUBLE_EQ(basis.unit_v, 0.9 / 14.0);
    EXPECT_EQ(basis.scale2, 8.0);
    EXPECT_EQ(basis.base2, 1.0);
    EXPECT_EQ(basis.scale3, 24.0);
    const std::vector<int> p2{6, 3, 1, 0, 0, 1, 3, 6};
    const std::vector<int> p3{-14, -5, -1, 0, 0, 1, 5, 14};
    for (std::size_t code = 0; code < 8; ++code) {
        EXPECT_EQ(unshifted(basis, 1, code), p2[code]) << "code " << code;
        EXPECT_EQ(unshifted(basis, 2, code), p3[code]) << "code " << code;
    }
}

TEST(LevelBasis, FiveLevelsAreTheWholeNumbersFromMinusTwoToTwo) {
    const LevelBasis basis(5);
    EXPECT_EQ(basis.level, (std::vector<int>{-2, -1, 0, 1, 2}));
    EXPECT_DOUBLE_EQ(basis.unit_v, 0.225);
    EXPECT_EQ(basis.scale2, 1.0);
    EXPECT_EQ(basis.base2, 0.0);
    EXPECT_EQ(basis.scale3, 6.0);
}

TEST(LevelBasis, ALevelTimesTheUnitIsTheDacsVoltageAboveTheOffset) {
    for (const unsigned levels : fitting_level_counts()) {
        const LevelBasis basis(levels);
        ASSERT_EQ(basis.level.size(), levels);
        for (unsigned code = 0; code < levels; ++code) {
            const long double u = code * 0.9L / (levels - 1) - 0.45L;
            ASSERT_NEAR(basis.unit_v * basis.level[code], static_cast<double>(u), 2e-16)
                << levels << " levels, code " << code;
        }
    }
}

TEST(LevelBasis, ALevelIsTheLevelStepTimesTheCodeLessTheTop) {
    for (const unsigned levels : fitting_level_counts()) {
        const LevelBasis basis(levels);
        EXPECT_EQ(basis.level.front(), -basis.level_top) << levels << " levels";
        EXPECT_EQ(basis.level.back(), basis.level_top) << levels << " levels";
        for (unsigned code = 0; code < levels; ++code) {
            EXPECT_EQ(basis.level[code], basis.level_step * code - basis.level_top) << levels << " levels, " << code;
        }
    }
}

TEST(LevelBasis, TheTablesAreThePowersOfTheLevelInTheSmallerBasis) {
    for (const unsigned levels : fitting_level_counts()) {
        const LevelBasis basis(levels);
        for (unsigned code = 0; code < levels; ++code) {
            const double m = basis.level[code];
            EXPECT_EQ(unshifted(basis, 0, code), m) << levels << " levels, code " << code;
            EXPECT_EQ(basis.scale2 * unshifted(basis, 1, code) + basis.base2, m * m)
                << levels << " levels, code " << code;
            EXPECT_EQ(basis.scale3 * unshifted(basis, 2, code) + m, m * m * m) << levels << " levels, code " << code;
        }
    }
}

TEST(LevelBasis, EveryTableStartsAtZeroAndEndsAtOneHundredAndTwentySevenAtMost) {
    for (const unsigned levels : fitting_level_counts()) {
        const LevelBasis basis(levels);
        for (std::size_t moment = 0; moment < kernels::kMoments; ++moment) {
            const auto& table = basis.tables.at(moment);
            EXPECT_EQ(*std::min_element(table.begin(), table.begin() + levels), 0) << levels << " levels, " << moment;
            EXPECT_LE(*std::max_element(table.begin(), table.begin() + levels), 127) << levels << " levels, " << moment;
            for (unsigned code = levels; code < kMostTableLevels; ++code) {
                EXPECT_EQ(table.at(code), 0) << levels << " levels: there is no code " << code;
            }
        }
    }
}

TEST(LevelBasis, TheLargestIsTheGreatestMagnitudeOfItsTableWithoutTheShift) {
    for (const unsigned levels : fitting_level_counts()) {
        const LevelBasis basis(levels);
        for (std::size_t moment = 0; moment < kernels::kMoments; ++moment) {
            double largest = 0.0;
            for (unsigned code = 0; code < levels; ++code) {
                largest = std::max(largest, std::fabs(unshifted(basis, moment, code)));
            }
            EXPECT_EQ(basis.largest.at(moment), largest) << levels << " levels, moment " << moment;
        }
    }
}

}  // namespace
}  // namespace gca
