// gca_status: counts of tokens and of counters that ended full.
#include "module_builds/status.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

// Drives the module and compares both counts in every cycle.
template <typename Build>
class Driver {
 public:
    static constexpr unsigned kChannels = Build::kChannels;
    static constexpr unsigned kTiles = Build::kTiles;
    static constexpr unsigned kBits = kTiles * kChannels;
    static constexpr unsigned kScanCycles = Build::kScanCycles;

    explicit Driver(Bench<Build>& bench) : bench_(bench) {
        set_all(true);
        reset(false);
    }

    void set_all(bool full) {
        for (std::size_t i = 0; i < kBits; ++i) {
            set_bit(bench_->full_i, i, full);
        }
    }

    void randomize() { bench_.randomize(bench_->full_i, kBits); }

    unsigned full() {
        unsigned number = 0;
        for (std::size_t i = 0; i < kBits; ++i) {
            number += get_bit(bench_->full_i, i) ? 1 : 0;
        }
        return number;
    }

    void tick(bool clear, bool token, bool scan) {
        bench_->clear_i = clear;
        bench_->token_i = token;
        bench_->scan_i = scan;
        bench_.settle();
        check();
        bench_.tick();
        unsigned found = 0;
        for (unsigned i = 0; i < kTilesAtOnce && next_tile_ < kTiles; ++i, ++next_tile_) {
            for (unsigned c = 0; c < kChannels; ++c) {
                found += get_bit(bench_->full_i, std::size_t{next_tile_} * kChannels + c) ? 1 : 0;
            }
        }
        if (scan) {
            next_tile_ = 0;
        }
        tokens_ = clear ? 0 : tokens_ + (token ? 1 : 0);
        saturated_ = clear ? 0 : saturated_ + found_[1];
        found_ = {found, found_[0]};
        check();
    }

    // A whole scan, after which full_i is turned upside down: it needs to hold no longer. Two cycles later all are
    // added.
    void scan() {
        tick(false, false, true);
        for (unsigned i = 0; i < kScanCycles; ++i) {
            tick(false, false, false);
        }
        for (std::size_t i = 0; i < kBits; ++i) {
            set_bit(bench_->full_i, i, !get_bit(bench_->full_i, i));
        }
        tick(false, false, false);
        tick(false, false, false);
    }

    // No token and no scan counts during reset.
    void reset(bool clock_high) {
        bench_->clear_i = bench_.chance(50);
        bench_->token_i = bench_.chance(50);
        bench_->scan_i = bench_.chance(50);
        tokens_ = 0;
        saturated_ = 0;
        next_tile_ = kTiles;
        found_ = {};
        bench_.reset(clock_high, [&] { check(); });
    }

    // Puts both counts just below the wrap. They are flops at the ports, so that writing the ports writes the flops.
    void put_before_wrap(std::uint32_t tokens, std::uint32_t saturated) {
        bench_.stop_assertions();
        bench_->tokens_o = tokens;
        bench_->saturated_o = saturated;
        tokens_ = tokens;
        saturated_ = saturated;
        tick(false, false, false);
    }

    void expect(std::uint32_t tokens, std::uint32_t saturated) {
        bench_.equal(tokens, bench_->tokens_o, "tokens_o");
        bench_.equal(saturated, bench_->saturated_o, "saturated_o");
    }

    void check() { expect(tokens_, saturated_); }

 private:
    static constexpr unsigned kTilesAtOnce = (kTiles + kScanCycles - 1) / kScanCycles;

    Bench<Build>& bench_;
    std::uint32_t tokens_ = 0;
    std::uint32_t saturated_ = 0;
    unsigned next_tile_ = kTiles;      // of the scan; kTiles: at rest
    std::array<unsigned, 2> found_{};  // in the last cycle and the one before: added two cycles later
};

template <typename Build>
class Status : public testing::Test {};
TYPED_TEST_SUITE(Status, status::Builds);

TYPED_TEST(Status, EachTokenAddsOne) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (std::uint32_t i = 0; i < 20; ++i) {
            driver.tick(false, true, false);
            driver.expect(i + 1, 0);
            driver.tick(false, false, false);
            driver.expect(i + 1, 0);
        }
    });
}

TYPED_TEST(Status, FullCountersCountInAScanOnly) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(true);
        for (int i = 0; i < 40; ++i) {
            driver.tick(false, false, false);
        }
        driver.expect(0, 0);
    });
}

TYPED_TEST(Status, AScanAddsAllFullCountersInScanCycles) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(true);
        driver.scan();
        driver.expect(0, driver.kBits);
        driver.set_all(false);
        driver.scan();
        driver.expect(0, driver.kBits);
    });
}

TYPED_TEST(Status, AScanSeesEachCounterOnce) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        std::uint32_t found = 0;
        for (std::size_t i = 0; i < driver.kBits; ++i) {
            driver.set_all(false);
            set_bit(bench->full_i, i, true);
            driver.scan();
            driver.expect(0, ++found);
        }
    });
}

TYPED_TEST(Status, ClearSetsBothToZeroAndLosesThatCycle) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned at = 0; at < driver.kScanCycles; ++at) {
            driver.set_all(true);
            driver.tick(false, true, true);
            for (unsigned i = 1; i < driver.kScanCycles; ++i) {
                driver.tick(i == at, i == at, false);
                if (i == at) {
                    driver.expect(0, 0);
                }
            }
        }
        driver.set_all(true);
        driver.tick(true, true, true);
        driver.expect(0, 0);
    });
}

TYPED_TEST(Status, BothCountsWrap) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.put_before_wrap(0xFFFFFFFEU, 0xFFFFFFFFU);
        driver.tick(false, true, false);
        driver.expect(0xFFFFFFFFU, 0xFFFFFFFFU);
        driver.tick(false, true, false);
        driver.expect(0, 0xFFFFFFFFU);
        driver.set_all(true);
        driver.scan();
        driver.expect(0, driver.kBits - 1);
    });
}

TYPED_TEST(Status, ResetInEveryCycleOfAScanClearsBothAtOnceAndEndsTheScan) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned after = 0; after <= driver.kScanCycles; ++after) {
            for (const bool clock_high : {false, true}) {
                driver.set_all(true);
                driver.tick(false, true, true);
                for (unsigned i = 0; i < after; ++i) {
                    driver.tick(false, true, false);
                }
                driver.reset(clock_high);
                const unsigned pause = bench.below(driver.kScanCycles + 2);
                for (unsigned i = 0; i < pause; ++i) {
                    driver.tick(false, false, false);
                }
                driver.expect(0, 0);
                driver.set_all(true);
                driver.scan();
                driver.expect(0, driver.kBits);
            }
        }
    });
}

TYPED_TEST(Status, RandomTokensScansAndClears) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        unsigned busy = 0;  // cycles of the walk that are left
        for (int i = 0; i < 2000; ++i) {
            const bool scan = busy <= 1 && bench.chance(30);
            if (busy == 0 || busy == driver.kScanCycles) {
                driver.randomize();
            }
            busy = scan ? driver.kScanCycles : busy - (busy > 0 ? 1 : 0);
            driver.tick(bench.chance(3), bench.chance(40), scan);
        }
    });
}

}  // namespace
}  // namespace gca::module_test
