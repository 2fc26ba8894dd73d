// gca_synchronizer: asynchronous lines enter the clock domain.
#include "module_builds/synchronizer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

// Compares every output bit after every edge with a chain of stages, each of which takes over what is before it where
// it is enabled.
template <typename Build>
class Driver {
 public:
    static constexpr unsigned kWidth = Build::kWidth;
    static constexpr unsigned kStages = Build::kStages;
    static constexpr unsigned kAll = (1U << kStages) - 1;

    explicit Driver(Bench<Build>& bench) : bench_(bench) {
        set_all(false);
        enable(kAll);
        if constexpr (Build::kClockGates != 0) {
            bench_.settle();
            bench_.rise();  // the gates take the enable at the falling edge
            bench_.fall();
        }
    }

    void set_all(bool value) {
        for (std::size_t i = 0; i < kWidth; ++i) {
            set_bit(bench_->async_i, i, value);
        }
    }
    /// From the next rising edge on; to be set while the clock is high.
    void enable(unsigned stages) { bench_->enable_i = static_cast<CData>(stages); }

    // Half a cycle: to the rising edge, and to the falling edge. The input may change before either.
    void rise() {
        bench_.settle();
        check();
        bench_.rise();
        std::vector<bool> sample(kWidth);
        for (std::size_t i = 0; i < kWidth; ++i) {
            sample[i] = get_bit(bench_->async_i, i);
        }
        const unsigned enabled = bench_->enable_i | ((1U << Build::kFreeStages) - 1U);
        for (unsigned s = kStages; s > 0; --s) {
            if ((enabled >> (s - 1) & 1U) != 0) {
                stages_[s - 1] = s > 1 ? stages_[s - 2] : sample;
            }
        }
        check();
    }
    void fall() {
        bench_.settle();
        check();
        bench_.fall();
        check();
    }
    void tick() {
        rise();
        fall();
    }
    void run(unsigned cycles) {
        for (unsigned i = 0; i < cycles; ++i) {
            tick();
        }
    }

    bool output(std::size_t i) { return get_bit(bench_->sync_o, i); }

 private:
    void check() {
        const std::vector<bool>& last = stages_[kStages - 1];
        for (std::size_t i = 0; i < last.size(); ++i) {  // none while the flops hold what they woke up with
            bench_.equal(last[i], output(i), "sync_o", static_cast<std::int64_t>(i));
        }
    }

    Bench<Build>& bench_;
    std::array<std::vector<bool>, kStages> stages_;
};

template <typename Build>
class Synchronizer : public testing::Test {};
TYPED_TEST_SUITE(Synchronizer, synchronizer::Builds);

TYPED_TEST(Synchronizer, AnEdgeArrivesAfterStagesClockEdges) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.run(2 * driver.kStages);
        for (const bool value : {true, false}) {
            for (std::size_t i = 0; i < driver.kWidth; ++i) {
                set_bit(bench->async_i, i, value);
                for (unsigned edges = 1; edges <= driver.kStages + 1; ++edges) {
                    driver.tick();
                    bench.equal(edges >= driver.kStages ? value : !value, driver.output(i), "sync_o",
                                static_cast<std::int64_t>(i));
                }
            }
        }
    });
}

TYPED_TEST(Synchronizer, APulseKeepsItsWidthInCycles) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.run(2 * driver.kStages);
        for (unsigned width = 1; width <= 16; ++width) {
            unsigned high = 0;
            for (unsigned i = 0; i < width + 2 * driver.kStages; ++i) {
                driver.set_all(i < width);
                driver.tick();
                high += driver.output(driver.kWidth - 1) ? 1 : 0;
            }
            bench.equal(width, high, "width after synchronisation");
        }
    });
}

// Both edges of a pulse in steps of an eighth of the clock. An edge that comes with the clock edge is seen by it, so
// that the samples that are high are those from the first edge to just before the last.
TYPED_TEST(Synchronizer, EdgesAtEveryPhaseOfTheClockCountTheClockEdgesWithin) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        constexpr int kSteps = Bench<TypeParam>::kSteps;
        constexpr int kLongest = 3 * kSteps;
        constexpr int kStages = TypeParam::kStages;
        Driver<TypeParam> driver(bench);
        driver.run(2 * kStages);
        for (int width = 0; width <= kLongest; ++width) {
            const auto high = [&](int time, std::size_t bit) {
                const int begin = kSteps + static_cast<int>(bit % kSteps);
                return time >= begin && time < begin + width;
            };
            for (int edge = 0; edge < kLongest / kSteps + 4 + kStages; ++edge) {
                bench.step_through_cycle([&](int step) {
                    for (std::size_t i = 0; i < driver.kWidth; ++i) {
                        // Until the next clock edge the output is the sample of kStages-1 edges ago.
                        if (step > 0) {
                            bench.equal(high((edge - kStages + 1) * kSteps, i), driver.output(i), "sync_o",
                                        static_cast<std::int64_t>(i));
                        }
                        set_bit(bench->async_i, i, high(edge * kSteps + step, i));
                    }
                });
            }
        }
    });
}

TYPED_TEST(Synchronizer, TheInputRulesAfterStagesCyclesWhateverTheFlopsHeld) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        for (const bool value : {false, true}) {
            Driver<TypeParam> driver(bench);
            driver.set_all(value);
            driver.run(driver.kStages);
            for (std::size_t i = 0; i < driver.kWidth; ++i) {
                bench.equal(value, driver.output(i), "sync_o", static_cast<std::int64_t>(i));
            }
        }
    });
}

TYPED_TEST(Synchronizer, AGlitchBetweenClockEdgesIsNotSeen) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.run(2 * driver.kStages);
        for (unsigned i = 0; i < 3 * driver.kStages; ++i) {
            driver.rise();
            driver.set_all(true);
            driver.fall();
            driver.set_all(false);
            bench.equal(false, driver.output(0), "sync_o", 0);
        }
    });
}

TYPED_TEST(Synchronizer, EachBitIsOnItsOwn) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (std::size_t active = 0; active < driver.kWidth; ++active) {
            driver.set_all(false);
            set_bit(bench->async_i, active, true);
            driver.run(driver.kStages);
            for (std::size_t i = 0; i < driver.kWidth; ++i) {
                bench.equal(i == active, driver.output(i), "sync_o", static_cast<std::int64_t>(i));
            }
        }
    });
}

// As clock gates of the emit phase do it: a stage goes one cycle after the one before it, and then stands.
TYPED_TEST(Synchronizer, StagesHoldWithoutTheirEnable) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int i = 0; i < 1000; ++i) {
            bench.randomize(bench->async_i, driver.kWidth);
            driver.rise();
            driver.enable(bench.below(driver.kAll + 1));
            bench.randomize(bench->async_i, driver.kWidth);
            driver.fall();
        }
    });
}

TYPED_TEST(Synchronizer, RandomChangesInBothHalvesOfTheCycle) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int i = 0; i < 1000; ++i) {
            bench.randomize(bench->async_i, driver.kWidth);
            driver.rise();
            bench.randomize(bench->async_i, driver.kWidth);
            driver.fall();
        }
    });
}

}  // namespace
}  // namespace gca::module_test
