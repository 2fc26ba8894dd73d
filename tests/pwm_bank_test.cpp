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

// Drives the bank and compares every pulse in every cycle with: high in the first code cycles after a start.
template <typename Build>
class Driver {
 public:
    explicit Driver(Bench<Build>& bench) : bench_(bench), codes_(kChannels, 0) {
        bench_->start_i = 0;
        set_codes(codes_);
        bench_.reset();
        check();
    }

    // Only at rest, or together with a start.
    void set_codes(const std::vector<unsigned>& codes) {
        codes_ = codes;
        for (std::size_t c = 0; c < kChannels; ++c) {
            set_field(bench_->code_i, c, kCodeW, codes_[c]);
        }
    }

    void random_codes() {
        std::vector<unsigned> codes(kChannels);
        for (unsigned& code : codes) {
            code = bench_.below(kLevels);
        }
        set_codes(codes);
    }

    void tick(bool start) {
        bench_->start_i = start;
        bench_.settle();
        check();  // the pulses come from flops: they do not follow the inputs
        bench_.tick();
        phase_ = start ? 0 : phase_ + 1;
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

    void reset_between_edges() {
        bench_.enter_reset();
        phase_ = kResting;
        check();
    }

    void check() {
        for (std::size_t c = 0; c < kChannels; ++c) {
            bench_.equal(phase_ < codes_[c], get_bit(bench_->pulse_o, c), "pulse_o", static_cast<std::int64_t>(c));
        }
    }

    void expect_high_cycles(std::size_t channel, unsigned expected) {
        bench_.equal(expected, high_[channel], "high cycles of channel", static_cast<std::int64_t>(channel));
    }

    static constexpr unsigned kChannels = Build::kChannels;
    static constexpr unsigned kLevels = Build::kLevels;

 private:
    static constexpr unsigned kCodeW = clog2(kLevels);
    static constexpr unsigned kResting = 1U << 30;

    Bench<Build>& bench_;
    std::vector<unsigned> codes_;
    unsigned phase_ = kResting;  // cycles since the first one of the pulses
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

TYPED_TEST(PwmBank, ResetEndsThePulsesAtOnce) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned after = 0; after < driver.kLevels; ++after) {
            driver.set_codes(std::vector<unsigned>(driver.kChannels, driver.kLevels - 1));
            driver.tick(true);
            driver.run(after);
            driver.reset_between_edges();
            bench->start_i = 1;
            bench.tick();  // a start during reset is none
            driver.check();
            bench->start_i = 0;
            bench.leave_reset();
            driver.check();
            driver.run(driver.kLevels);
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
