// gca_head at its pins, with a stub for the analog side: schedule, sums, order, the ring of columns, status, reset.
#include "module_builds/head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "head_driver.h"
#include "module_test.h"

namespace gca::module_test {
namespace {

template <typename Build>
class Head : public testing::Test {};
TYPED_TEST_SUITE(Head, head::Builds);

// ---- schedule
// ----------------------------------------------------------------------------------------------------------

template <typename Build>
void expect_paper_times(Bench<Build>& bench) {
    HeadDriver<Build> driver(bench);
    for (const bool pipelined : {true, false}) {
        const auto edges = driver.stream({.pipelined = pipelined, .new_sequence = true}, 20);
        for (std::size_t i = 0; i < 20; ++i) {
            const auto token = static_cast<std::int64_t>(i);
            bench.equal(65, edges.taken[i] - edges.accepted[i], "latency of token", token);
            bench.equal((pipelined ? 30 : 65) * token, edges.accepted[i] - edges.accepted[0], "interval of token",
                        token);
        }
    }
}

TEST(HeadOfThePaper, ATokenTakes65CyclesAndTheNextEntersAfter30Or65) {
    on_each_start<head::tiny>(&expect_paper_times<head::tiny>);
    on_each_start<head::odd>(&expect_paper_times<head::odd>);
}

// The driver compares every output in every cycle with the Schedule of behavioral/time_base.h.
TYPED_TEST(Head, EveryPhaseIsThatOfTheModelsSchedule) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench);
        for (const bool pipelined : {true, false}) {
            const auto edges = driver.stream({.pipelined = pipelined}, 10);
            const std::int64_t interval = pipelined ? driver.kInterval : driver.kLatency;
            for (std::size_t i = 0; i < 10; ++i) {
                const auto token = static_cast<std::int64_t>(i);
                bench.equal(driver.kLatency, edges.taken[i] - edges.accepted[i], "latency of token", token);
                bench.equal(interval * token, edges.accepted[i] - edges.accepted[0], "interval of token", token);
            }
        }
    });
}

TYPED_TEST(Head, NothingHappensWithoutAToken) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench, {.noise = true});
        for (int i = 0; i < 200; ++i) {
            driver.tick({.pipelined = bench.chance(50), .takes = bench.chance(50), .clears = bench.chance(10)});
        }
    });
}

// ---- sums
// --------------------------------------------------------------------------------------------------------------

TYPED_TEST(Head, FullScaleAndZeroOfBothSigns) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        for (const bool negative : {false, true}) {
            for (const unsigned cycles : {HeadDriver<TypeParam>::kMax, 0U}) {
                HeadDriver<TypeParam> driver(bench, {.pulse = [&](std::size_t /*t*/, std::size_t /*e*/) {
                                                 return Pulse{.eighths = 8 * cycles, .negative = negative};
                                             }});
                driver.stream({}, 3);
            }
        }
    });
}

TYPED_TEST(Head, EachOutputOfEachSubTileCountsForItsOwnSumAlone) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        std::size_t tile = 0;
        std::size_t output = 0;
        HeadDriver<TypeParam> driver(bench, {.pulse = [&](std::size_t t, std::size_t e) {
                                         const bool active = t == tile && e == output;
                                         return Pulse{
                                             .eighths = active ? 8 * (1 + static_cast<unsigned>(t + e) % 3) : 0,
                                             .negative = (t + e) % 2 == 0};
                                     }});
        for (tile = 0; tile < driver.kTiles; ++tile) {
            for (output = 0; output < driver.kDim; ++output) {
                driver.stream({}, 1);
            }
        }
    });
}

TYPED_TEST(Head, APulseCountsItsWidthRoundedToTheNearestCycle) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        const auto pulse = [&](std::size_t /*t*/, std::size_t /*e*/) {
            // Every eighth but half a cycle, where a real flop would resolve either way.
            const unsigned eighth = bench.below(7);
            return Pulse{.eighths = 8 * bench.below(HeadDriver<TypeParam>::kMax) + eighth + (eighth >= 4 ? 1 : 0),
                         .negative = bench.chance(50)};
        };
        HeadDriver<TypeParam> driver(bench, {.pulse = pulse, .eighths = true});
        driver.stream({.pipelined = true}, 30);
        driver.stream({.pipelined = false}, 5);
    });
}

TYPED_TEST(Head, PulsesOutsideTheEmitPhaseDoNotCount) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench, {.noise = true});
        driver.stream({.pipelined = true}, 20);
        driver.stream({.pipelined = false}, 5);
    });
}

// ---- host
// --------------------------------------------------------------------------------------------------------------

TYPED_TEST(Head, ResultsKeepTheirOrderUnderBackPressure) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench);
        for (const bool pipelined : {true, false}) {
            const std::int64_t before = driver.taken();
            unsigned offers = 0;
            unsigned takes = 0;
            for (int i = 0; i < 4000; ++i) {
                if (i % 250 == 0) {  // from a host that is always there to one that hardly ever is
                    constexpr std::array<unsigned, 5> kPercent = {0, 2, 10, 50, 100};
                    offers = kPercent[1 + bench.below(4)];
                    takes = kPercent[bench.below(5)];
                }
                driver.tick({.pipelined = pipelined,
                             .offers = bench.chance(offers),
                             .takes = bench.chance(takes),
                             .new_sequence = bench.chance(5),
                             .window = bench.below(driver.kLargestWindow + 1)});
            }
            driver.drain(pipelined);
            bench.equal(true, driver.taken() - before > 10, "tokens enough to mean something");
        }
    });
}

TYPED_TEST(Head, AHostThatTakesNothingLosesNothing) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench, {.noise = true});
        for (const bool pipelined : {true, false}) {
            const std::int64_t before = driver.accepted();
            for (std::int64_t i = 0; i < 6 * driver.kLatency; ++i) {
                driver.tick({.pipelined = pipelined, .offers = true, .takes = false});
            }
            // Result register and partial sums, and in pipelined mode one that waits between load and score.
            bench.equal(pipelined ? 3 : 2, driver.accepted() - before, "tokens accepted");
            driver.drain(pipelined);
        }
    });
}

TYPED_TEST(Head, TheModeMayChangeAtAnyTime) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench);
        bool pipelined = false;
        for (int i = 0; i < 4000; ++i) {
            pipelined = bench.chance(5) ? !pipelined : pipelined;
            driver.tick(
                {.pipelined = pipelined, .offers = bench.chance(80), .takes = bench.chance(i % 1000 < 500 ? 100 : 3)});
        }
        driver.drain(pipelined);
    });
}

// ---- the ring of columns
// -----------------------------------------------------------------------------------------------

// The driver checks the discharge, write and valid lines, one-hot and at the token's own column, in every cycle.
TYPED_TEST(Head, ColumnsAreWrittenAroundTheRingAndValidOnceWritten) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench);
        const unsigned columns = driver.kColumns;
        for (const unsigned window :
             std::set<unsigned>{1, 2, TypeParam::kTileTokens, TypeParam::kTileTokens + 1, columns - 1, columns}) {
            driver.stream({.new_sequence = true, .window = window}, std::min(3 * window, window + columns / 2) + 2);
        }
    });
}

TYPED_TEST(Head, AnIllegalWindowIsTheWholeRing) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench);
        for (const unsigned window : std::set<unsigned>{0, driver.kColumns + 1, driver.kLargestWindow}) {
            driver.stream({.new_sequence = true, .window = window}, driver.kColumns + 2);
        }
    });
}

TYPED_TEST(Head, ANewSequenceWhileOlderTokensAreInFlightSeesNothingOlder) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench);
        for (const std::size_t tokens : {1U, 2U, 3U, 5U, 1U}) {
            driver.stream({.new_sequence = true, .window = bench.below(driver.kLargestWindow + 1)}, tokens);
            Host host{.offers = true, .new_sequence = true, .window = driver.kColumns};
            for (const bool new_sequence : {true, false, true, true}) {  // one after the other, at the interval
                host.new_sequence = new_sequence;
                while (!driver.tick(host).accepted) {
                }
            }
            driver.drain(true);
        }
    });
}

// ---- status
// ------------------------------------------------------------------------------------------------------------

TYPED_TEST(Head, StatusCountsTokensAndFullCounters) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        const auto pulse = [&](std::size_t /*t*/, std::size_t /*e*/) {
            const unsigned below_full = HeadDriver<TypeParam>::kMax - 1;
            return Pulse{.eighths = 8 * (below_full + bench.below(2)), .negative = bench.chance(50)};
        };
        HeadDriver<TypeParam> driver(bench, {.pulse = pulse});
        for (const bool pipelined : {true, false}) {
            for (int i = 0; i < 1000; ++i) {
                driver.tick({.pipelined = pipelined,
                             .offers = true,
                             .takes = bench.chance(i < 500 ? 20 : 3),
                             .clears = bench.chance(1)});
            }
            driver.drain(pipelined);
            driver.stream({.pipelined = pipelined}, 2);
            driver.drain(pipelined);
            bench.equal(true, driver.full() > 0, "S6 counters ended full");
        }
    });
}

TYPED_TEST(Head, BothStatusCountsWrap) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        HeadDriver<TypeParam> driver(bench, {.pulse = [](std::size_t /*t*/, std::size_t /*e*/) {
                                         return Pulse{.eighths = 8 * HeadDriver<TypeParam>::kMax};
                                     }});
        driver.tick({});
        driver.put_status(0xFFFFFFFFU, 0xFFFFFFFFU);
        driver.stream({}, 1);
        driver.drain(true);
        bench.equal(HeadDriver<TypeParam>::kTiles * HeadDriver<TypeParam>::kDim - 1, driver.full(), "S6 full counters");
    });
}

// ---- reset
// -------------------------------------------------------------------------------------------------------------

// Every cycle of a token and of the two that follow it, with a host that takes results and one that leaves them. The
// fresh tokens afterwards are told no window: they must see the whole ring, and nothing of the tokens before.
template <typename Build>
void reset_in_every_cycle(Bench<Build>& bench, bool pipelined, bool takes) {
    HeadDriver<Build> driver(bench, {.noise = true});
    const std::int64_t cycles = driver.kLatency + (pipelined ? 2 * driver.kInterval : driver.kLatency);
    for (std::int64_t after = 0; after <= cycles; ++after) {
        for (std::int64_t i = 0; i < after; ++i) {
            driver.tick({.pipelined = pipelined, .offers = true, .takes = takes, .window = 1 + bench.below(3)});
        }
        driver.reset(bench.chance(50));
        const bool next = bench.chance(50);
        const auto edges = driver.stream({.pipelined = next}, 2);
        const std::int64_t interval = next ? driver.kInterval : driver.kLatency;
        bench.equal(driver.kLatency, edges.taken[0] - edges.accepted[0], "latency of the first token after reset");
        bench.equal(interval, edges.accepted[1] - edges.accepted[0], "interval after reset");
    }
}

TYPED_TEST(Head, ResetInEveryCycleOfPipelinedTokens) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) { reset_in_every_cycle(bench, true, true); });
}

TYPED_TEST(Head, ResetInEveryCycleOfSequentialTokens) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) { reset_in_every_cycle(bench, false, true); });
}

TYPED_TEST(Head, ResetInEveryCycleWithPendingResultsPipelined) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) { reset_in_every_cycle(bench, true, false); });
}

TYPED_TEST(Head, ResetInEveryCycleWithPendingResultsSequential) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) { reset_in_every_cycle(bench, false, false); });
}

}  // namespace
}  // namespace gca::module_test
