// gca_counter_bank (S6): pulse counters that saturate.
#include "module_builds/counter_bank.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

// Drives the bank and compares every count in every cycle, from the first enabled first_i on.
template <typename Build>
class Driver {
 public:
    static constexpr unsigned kChannels = Build::kChannels;
    static constexpr unsigned kMax = Build::kLevels - 1;

    explicit Driver(Bench<Build>& bench) : bench_(bench) {
        bench_->enable_i = 0;
        bench_->first_i = 0;
        set_all(false);
    }

    void set_all(bool pulse) {
        for (std::size_t c = 0; c < kChannels; ++c) {
            set_bit(bench_->pulse_i, c, pulse);
        }
    }

    void tick(bool enable, bool first) {
        bench_->enable_i = enable;
        bench_->first_i = first;
        bench_.settle();
        check();
        bench_.tick();
        if (enable) {
            known_ = known_ || first;
            for (std::size_t c = 0; c < kChannels; ++c) {
                const unsigned old = first ? 0 : counts_[c];
                counts_[c] = old < kMax && get_bit(bench_->pulse_i, c) ? old + 1 : old;
            }
        }
        check();
    }

    void expect_count(std::size_t channel, unsigned expected) {
        bench_.equal(expected, count(channel), "count of channel", static_cast<std::int64_t>(channel));
        bench_.equal(expected == kMax, get_bit(bench_->full_o, channel), "full_o", static_cast<std::int64_t>(channel));
    }

    unsigned count(std::size_t channel) {
        unsigned value = 0;
        for (unsigned b = 0; b < clog2(Build::kLevels); ++b) {
            value |= unsigned{get_bit(bench_->count_o, std::size_t{b} * kChannels + channel)} << b;
        }
        return value;
    }

 private:
    void check() {
        for (std::size_t c = 0; known_ && c < kChannels; ++c) {
            expect_count(c, counts_[c]);
        }
    }

    Bench<Build>& bench_;
    std::vector<unsigned> counts_ = std::vector<unsigned>(kChannels, 0);
    bool known_ = false;
};

template <typename Build>
class CounterBank : public testing::Test {};
TYPED_TEST_SUITE(CounterBank, counter_bank::Builds);

TYPED_TEST(CounterBank, NoPulseCountsZero) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned i = 0; i < driver.kMax; ++i) {
            driver.tick(true, i == 0);
        }
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_count(c, 0);
        }
    });
}

TYPED_TEST(CounterBank, AFullScalePulseCountsLevelsMinusOne) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(true);
        for (unsigned i = 0; i < driver.kMax; ++i) {
            driver.tick(true, i == 0);
        }
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_count(c, driver.kMax);
        }
    });
}

TYPED_TEST(CounterBank, EveryWidthAtEveryPlaceCountsItsCycles) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned width = 0; width <= driver.kMax; ++width) {
            // Channel c's pulse begins c cycles after the first count, as far as there is room for it.
            for (unsigned i = 0; i < driver.kMax; ++i) {
                for (std::size_t c = 0; c < driver.kChannels; ++c) {
                    const unsigned begin = static_cast<unsigned>(c) % (driver.kMax - width + 1);
                    set_bit(bench->pulse_i, c, i >= begin && i < begin + width);
                }
                driver.tick(true, i == 0);
            }
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                driver.expect_count(c, width);
            }
        }
    });
}

TYPED_TEST(CounterBank, TheFirstCycleAloneIsCounted) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(true);
        driver.tick(true, true);
        driver.set_all(false);
        driver.tick(true, false);
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_count(c, 1);
        }
    });
}

TYPED_TEST(CounterBank, ALongerPulseSaturatesAndStaysFull) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(true);
        for (unsigned i = 0; i < 3 * TypeParam::kLevels; ++i) {
            driver.tick(true, i == 0);
        }
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_count(c, driver.kMax);
        }
    });
}

TYPED_TEST(CounterBank, AFirstInMidCountStartsAgain) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned before = 1; before <= driver.kMax + 2; ++before) {
            driver.set_all(true);
            for (unsigned i = 0; i < before; ++i) {
                driver.tick(true, i == 0);
            }
            bench.randomize(bench->pulse_i, driver.kChannels);
            driver.tick(true, true);
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                driver.expect_count(c, get_bit(bench->pulse_i, c) ? 1 : 0);
            }
        }
    });
}

TYPED_TEST(CounterBank, HoldsWithoutEnableEvenWithFirst) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(true);
        driver.tick(true, true);
        for (int i = 0; i < 40; ++i) {
            bench.randomize(bench->pulse_i, driver.kChannels);
            driver.tick(false, bench.chance(50));
        }
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_count(c, 1);
        }
    });
}

TYPED_TEST(CounterBank, RandomPulsesEnablesAndFirsts) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        unsigned density = 50;
        for (int i = 0; i < 3000; ++i) {
            if (i % 100 == 0) {
                density = bench.below(101);
            }
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                set_bit(bench->pulse_i, c, bench.chance(density));
            }
            driver.tick(bench.chance(80), bench.chance(100 / TypeParam::kLevels));
        }
    });
}

}  // namespace
}  // namespace gca::module_test
