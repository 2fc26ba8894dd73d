// gca_pwm_bank (S1): codes become pulse widths.
#include "module_builds/pwm_bank.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

// Drives the bank and compares every pulse in every cycle with: high in the first code cycles after a start, and in
// Levels-1 of them for a greater code.
template <typename Build>
class Driver {
 public:
    explicit Driver(Bench<Build>& bench) : bench_(bench), codes_(kChannels, 0) {
        set_codes(codes_);
        reset(false);
    }

    // For the next start: only at rest, or before the tick with that start.
    void set_codes(const std::vector<unsigned>& codes) { next_codes_ = codes; }

    void random_codes() {
        std::vector<unsigned> codes(kChannels);
        for (unsigned& code : codes) {
            code = bench_.below(kLargestCode + 1);
        }
        set_codes(codes);
    }

    void tick(bool start) {
        bench_->start_i = !start;
        bench_.randomize(bench_->code_i, kChannels * kCodeW);
        bench_.settle();
        check();  // the pulses come from flops: they do not follow the inputs
        bench_->start_i = start;
        drive_codes();
        bench_.settle();
        check();
        bench_.tick();
        phase_ = start ? 0 : phase_ + 1;
        codes_ = start ? next_codes_ : codes_;
        check();
        for (std::size_t c = 0; c < kChannels; ++c) {
            high_[c] += get_bit(bench_->pulse_o, c) ? 1 : 0;
        }
    }

    void run(unsigned cycles) {
        for (unsigned i = 0; i < cycles; ++i) {
            tick(false);
        }
    }

    // A pulse of each code, and one cycle of rest.
    void pulse() {
        std::fill(high_.begin(), high_.end(), 0);
        tick(true);
        run(kLevels - 1);
    }

    // A start during reset is none.
    void reset(bool clock_high) {
        drive_codes();
        bench_->start_i = bench_.chance(50);
        phase_ = kResting;
        bench_.reset(clock_high, [&] { check(); });
    }

    void check() {
        for (std::size_t c = 0; c < kChannels; ++c) {
            bench_.equal(phase_ < std::min(codes_[c], kLevels - 1), get_bit(bench_->pulse_o, c), "pulse_o",
                         static_cast<std::int64_t>(c));
        }
    }

    void expect_high_cycles(std::size_t channel, unsigned expected) {
        bench_.equal(expected, high_[channel], "high cycles of channel", static_cast<std::int64_t>(channel));
    }

    static constexpr unsigned kChannels = Build::kChannels;
    static constexpr unsigned kLevels = Build::kLevels;
    static constexpr unsigned kCodeW = clog2(kLevels);
    static constexpr unsigned kLargestCode = (1U << kCodeW) - 1;  // Levels-1 where Levels is a power of two

 private:
    static constexpr unsigned kResting = 1U << 30;

    void drive_codes() {
        for (std::size_t c = 0; c < kChannels; ++c) {
            set_field(bench_->code_i, c, kCodeW, next_codes_[c]);
        }
    }

    Bench<Build>& bench_;
    std::vector<unsigned> codes_;       // of the last start
    std::vector<unsigned> next_codes_;  // at the port
    unsigned phase_ = kResting;         // cycles since the first one of the pulses
    std::vector<unsigned> high_ = std::vector<unsigned>(kChannels, 0);
};

template <typename Build>
class PwmBank : public testing::Test {};
TYPED_TEST_SUITE(PwmBank, pwm_bank::Builds);

TYPED_TEST(PwmBank, ZeroCodeEmitsNoPulse) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_codes(std::vector<unsigned>(driver.kChannels, 0));
        driver.pulse();
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_high_cycles(c, 0);
        }
    });
}

TYPED_TEST(PwmBank, FullScaleCodeIsHighForAllCyclesButOne) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_codes(std::vector<unsigned>(driver.kChannels, driver.kLevels - 1));
        driver.pulse();
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_high_cycles(c, driver.kLevels - 1);
        }
    });
}

TYPED_TEST(PwmBank, EveryCodeOnEveryChannelIsHighForThatManyCycles) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned shift = 0; shift < driver.kLevels; ++shift) {
            std::vector<unsigned> codes(driver.kChannels);
            for (std::size_t c = 0; c < codes.size(); ++c) {
                codes[c] = (static_cast<unsigned>(c) + shift) % driver.kLevels;
            }
            driver.set_codes(codes);
            driver.pulse();
            for (std::size_t c = 0; c < codes.size(); ++c) {
                driver.expect_high_cycles(c, codes[c]);
            }
        }
    });
}

TYPED_TEST(PwmBank, ACodeBeyondTheLastLevelIsTheLongestPulse) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned code = driver.kLevels - 1; code <= driver.kLargestCode; ++code) {
            driver.set_codes(std::vector<unsigned>(driver.kChannels, code));
            driver.pulse();
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                driver.expect_high_cycles(c, driver.kLevels - 1);
            }
        }
    });
}

TYPED_TEST(PwmBank, ZeroAndFullScaleInTurnWithoutAPause) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned turn = 0; turn < 6; ++turn) {
            std::vector<unsigned> codes(driver.kChannels);
            for (std::size_t c = 0; c < codes.size(); ++c) {
                codes[c] = (c + turn) % 2 == 0 ? 0 : driver.kLevels - 1;
            }
            driver.set_codes(codes);
            driver.tick(true);
            driver.run(driver.kLevels - 2);
        }
        driver.run(driver.kLevels);
    });
}

TYPED_TEST(PwmBank, OneChannelAloneLeavesTheOthersLow) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (std::size_t active = 0; active < driver.kChannels; ++active) {
            std::vector<unsigned> codes(driver.kChannels, 0);
            codes[active] = driver.kLevels - 1;
            driver.set_codes(codes);
            driver.pulse();
            for (std::size_t c = 0; c < codes.size(); ++c) {
                driver.expect_high_cycles(c, codes[c]);
            }
        }
    });
}

TYPED_TEST(PwmBank, AStartAfterLevelsMinusOneCyclesJoinsFullScalePulses) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.random_codes();
        for (int repeat = 0; repeat < 5; ++repeat) {
            driver.tick(true);
            driver.run(driver.kLevels - 2);
        }
        driver.run(2 * driver.kLevels);
        driver.set_codes(std::vector<unsigned>(driver.kChannels, driver.kLevels - 1));
        for (int repeat = 0; repeat < 5; ++repeat) {
            driver.tick(true);
            driver.run(driver.kLevels - 2);
        }
        driver.run(2 * driver.kLevels);
    });
}

TYPED_TEST(PwmBank, NothingHappensWithoutAStart) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int repeat = 0; repeat < 4; ++repeat) {
            driver.random_codes();
            driver.run(driver.kLevels + 3);
        }
        driver.pulse();
        for (int repeat = 0; repeat < 4; ++repeat) {
            driver.random_codes();
            driver.run(driver.kLevels + 3);
        }
    });
}

TYPED_TEST(PwmBank, ResetInEveryCycleEndsThePulsesAtOnce) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned after = 0; after < driver.kLevels; ++after) {
            for (const bool clock_high : {false, true}) {
                driver.set_codes(std::vector<unsigned>(driver.kChannels, driver.kLevels - 1));
                driver.tick(true);
                driver.run(after);
                driver.reset(clock_high);
                driver.run(bench.chance(50) ? 0 : driver.kLevels);
                driver.random_codes();
                driver.pulse();
            }
        }
    });
}

TYPED_TEST(PwmBank, RandomCodesAndPauses) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int repeat = 0; repeat < 100; ++repeat) {
            driver.random_codes();
            driver.pulse();
            driver.run(bench.chance(50) ? 0 : bench.below(driver.kLevels));
        }
    });
}

}  // namespace
}  // namespace gca::module_test
