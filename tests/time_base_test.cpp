// Widths, samples and the schedule, against counting by hand: of sampling instants, and of the cycles that a
// reservation table of the analog blocks leaves free.
#include "behavioral/time_base.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace gca {
namespace {

// --- Pulses ----------------------------------------------------------------------------------------------------------

TEST(TimeBase, FifteenCyclesAreTheLongestPulseByDefault) {
    const TimeBase time;
    EXPECT_EQ(time.width_of_cycles(0), 0.0);
    EXPECT_EQ(time.width_of_cycles(15), 1.0);
    EXPECT_EQ(time.samples_of_width(0.0), 0);
    EXPECT_EQ(time.samples_of_width(1.0), 15);
}

TEST(TimeBase, EveryWholeNumberOfCyclesIsThatFractionOfTheLongestPulse) {
    for (unsigned longest = 1; longest <= 255; ++longest) {
        const TimeBase time{.query_cycles = longest, .emit_cycles = 3};
        for (unsigned cycles = 0; cycles <= longest; ++cycles) {
            ASSERT_EQ(time.width_of_cycles(cycles), static_cast<double>(cycles) / longest)
                << cycles << " of " << longest;
        }
    }
}

TEST(TimeBase, APulseOfWholeCyclesIsSeenByAsManySamples) {
    for (unsigned longest = 1; longest <= 255; ++longest) {
        const TimeBase time{.query_cycles = longest, .emit_cycles = longest};
        for (unsigned cycles = 0; cycles <= longest; ++cycles) {
            ASSERT_EQ(time.samples_of_width(time.width_of_cycles(cycles)), static_cast<int>(cycles))
                << cycles << " of " << longest;
        }
    }
}

/// Samples lie in the middle of the emit phase's cycles; one at the pulse's end still sees it.
int samples_by_counting(long double width, unsigned emit_cycles) {
    int seen = 0;
    for (unsigned cycle = 0; cycle < emit_cycles; ++cycle) {
        seen += cycle + 0.5L <= width * emit_cycles ? 1 : 0;
    }
    return seen;
}

TEST(TimeBase, AnyPulseIsSeenByTheSamplesInTheMiddleOfItsCycles) {
    constexpr std::uint64_t kSeed = 1;
    std::mt19937_64 random(kSeed);
    std::size_t compared = 0;
    for (unsigned emit_cycles = 1; emit_cycles <= 127; ++emit_cycles) {
        const TimeBase time{.query_cycles = 15, .emit_cycles = emit_cycles};
        for (int i = 0; i < 200; ++i) {
            const double width = std::uniform_real_distribution<double>(0.0, 1.0)(random);
            const long double cycles = static_cast<long double>(width) * emit_cycles;
            if (std::fabs(cycles - std::floor(cycles) - 0.5L) < 1e-12L) {
                continue;
            }
            ASSERT_EQ(time.samples_of_width(width), samples_by_counting(width, emit_cycles))
                << "seed " << kSeed << ", width " << width << " of " << emit_cycles << " cycles";
            ++compared;
        }
    }
    EXPECT_GT(compared, 20000U);
}

// With 2^n cycles ties are binary fractions, without any rounding.
TEST(TimeBase, AnExactTieCountsUpAndJustBelowItDoesNot) {
    for (const unsigned emit_cycles : {1U, 2U, 4U, 8U, 16U, 32U, 64U}) {
        const TimeBase time{.query_cycles = 15, .emit_cycles = emit_cycles};
        for (unsigned cycle = 0; cycle < emit_cycles; ++cycle) {
            const double tie = (cycle + 0.5) / emit_cycles;
            const double below = std::nextafter(std::nextafter(tie, 0.0), 0.0);
            EXPECT_EQ(time.samples_of_width(tie), static_cast<int>(cycle) + 1) << tie << " of " << emit_cycles;
            EXPECT_EQ(time.samples_of_width(std::nextafter(tie, 1.0)), static_cast<int>(cycle) + 1)
                << "above " << tie << " of " << emit_cycles;
            EXPECT_EQ(time.samples_of_width(below), static_cast<int>(cycle))
                << "below " << tie << " of " << emit_cycles;
        }
    }
}

TEST(TimeBase, JustBesideATieTheCountIsThatOfItsSideForEveryCycleCount) {
    for (unsigned emit_cycles = 1; emit_cycles <= 127; ++emit_cycles) {
        const TimeBase time{.query_cycles = 15, .emit_cycles = emit_cycles};
        for (unsigned cycle = 0; cycle < emit_cycles; ++cycle) {
            const double tie = (cycle + 0.5) / emit_cycles;
            ASSERT_EQ(time.samples_of_width(tie * (1.0 - 1e-13)), static_cast<int>(cycle)) << "of " << emit_cycles;
            ASSERT_EQ(time.samples_of_width(tie * (1.0 + 1e-13)), static_cast<int>(cycle) + 1) << "of " << emit_cycles;
        }
    }
}

TEST(TimeBase, QueryAndEmitCyclesDoNotMix) {
    const TimeBase time{.query_cycles = 4, .emit_cycles = 20};
    EXPECT_EQ(time.width_of_cycles(1), 0.25);
    EXPECT_EQ(time.samples_of_width(0.25), 5);
}

// --- Schedule --------------------------------------------------------------------------------------------------------

TEST(Schedule, AtSixteenBySixteenLevelsATokenTakesSixtyFiveCyclesAndOneEntersEveryThirty) {
    const Schedule schedule = Schedule::of_levels(16, 16);
    EXPECT_EQ(schedule.latency(), 65U);
    EXPECT_EQ(schedule.interval(), 30U);
    EXPECT_EQ(schedule.load_cycles, 15U);
    EXPECT_EQ(schedule.score_cycles, 15U);
    EXPECT_EQ(schedule.mix_cycles, 15U);
    EXPECT_EQ(schedule.emit_cycles, 15U);
    EXPECT_EQ(schedule.deliver_cycles, 5U);
}

TEST(Schedule, TheDefaultIsTheOneOfSixteenBySixteenLevels) {
    EXPECT_EQ(Schedule{}.latency(), 65U);
    EXPECT_EQ(Schedule{}.interval(), 30U);
}

/// When one token, accepted at cycle 0, uses the analog blocks: section 4's table for any level counts. Nothing here is
/// taken from the class under test.
struct Plan {
    static constexpr std::size_t kBlocks = 4;  // K array, V array, charge-to-pulse 1 and 2
    std::array<std::vector<bool>, kBlocks> busy;
    unsigned result = 0;

    Plan(unsigned query_levels, unsigned output_levels) {
        const unsigned discharge = 5;
        const unsigned write = 10;
        const unsigned longest_query = query_levels - 1;
        const unsigned longest_output = output_levels - 1;
        // The key's column is made ready, then read; meanwhile the value's column is made ready, and then read.
        const unsigned k_read = discharge + write;
        const unsigned k_read_end = k_read + longest_query;
        const unsigned v_write_end = k_read + discharge + write;
        const unsigned mix = std::max(k_read_end, v_write_end);
        const unsigned mix_end = mix + longest_query;
        const unsigned emit_end = mix_end + longest_output;
        // From the last sample: two synchroniser flops, the counter, two adder stages.
        result = emit_end + 2 + 1 + 2;

        // An integrator holds its charge from the first pulse until it has emitted: it is busy in between, too. The
        // column that a token reads must still be the one that it wrote.
        use(0, 0, mix);
        use(1, k_read, mix_end);
        use(2, k_read, mix_end);
        use(3, mix, emit_end);
    }

    void use(std::size_t block, unsigned from, unsigned to) {
        busy.at(block).resize(to, false);
        std::fill(busy.at(block).begin() + from, busy.at(block).begin() + to, true);
    }

    /// Whether tokens can follow one another every `interval` cycles without two of them in one block at once.
    [[nodiscard]] bool can_repeat(unsigned interval) const {
        constexpr unsigned kTokens = 5;
        for (const std::vector<bool>& block : busy) {
            std::vector<int> users(block.size() + std::size_t{kTokens} * interval, 0);
            for (unsigned token = 0; token < kTokens; ++token) {
                for (std::size_t cycle = 0; cycle < block.size(); ++cycle) {
                    if (block[cycle] && ++users[std::size_t{token} * interval + cycle] > 1) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    [[nodiscard]] unsigned least_interval() const {
        unsigned interval = 1;
        while (!can_repeat(interval)) {
            ++interval;
        }
        return interval;
    }
};

TEST(Schedule, TheReservationTableOfThePaperGivesSixtyFiveAndThirtyToo) {
    const Plan plan(16, 16);
    EXPECT_EQ(plan.result, 65U);
    EXPECT_EQ(plan.least_interval(), 30U);
}

TEST(Schedule, LatencyIsTheCycleInWhichTheReservationTableDelivers) {
    for (unsigned query_levels = 2; query_levels <= 128; ++query_levels) {
        for (unsigned output_levels = 2; output_levels <= 128; ++output_levels) {
            ASSERT_EQ(Schedule::of_levels(query_levels, output_levels).latency(),
                      Plan(query_levels, output_levels).result)
                << query_levels << " query levels, " << output_levels << " output levels";
        }
    }
}

TEST(Schedule, IntervalIsTheLeastAtWhichNoBlockServesTwoTokensAtOnce) {
    for (unsigned query_levels = 2; query_levels <= 128; query_levels += query_levels < 40 ? 1 : 11) {
        for (unsigned output_levels = 2; output_levels <= 128; output_levels += output_levels < 40 ? 1 : 11) {
            ASSERT_EQ(Schedule::of_levels(query_levels, output_levels).interval(),
                      Plan(query_levels, output_levels).least_interval())
                << query_levels << " query levels, " << output_levels << " output levels";
        }
    }
}

TEST(Schedule, FewQueryLevelsStillLeaveTheTimeToWriteTheValue) {
    const Schedule schedule = Schedule::of_levels(2, 2);
    EXPECT_EQ(schedule.score_cycles, 15U);
    EXPECT_EQ(schedule.mix_cycles, 1U);
    EXPECT_EQ(schedule.emit_cycles, 1U);
    EXPECT_EQ(schedule.latency(), 15U + 15U + 1U + 1U + 5U);
    EXPECT_EQ(schedule.interval(), 30U);
}

}  // namespace
}  // namespace gca
