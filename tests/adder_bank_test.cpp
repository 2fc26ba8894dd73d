// gca_adder_bank (S7): signed sums over the sub-tiles.
#include "module_builds/adder_bank.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

// Drives the bank and compares every sum in every cycle: sum_i shows what the counts added up to at the last add_i.
template <typename Build>
class Driver {
 public:
    static constexpr unsigned kChannels = Build::kChannels;
    static constexpr unsigned kTiles = Build::kTiles;
    static constexpr int kMax = static_cast<int>(Build::kLevels) - 1;

    explicit Driver(Bench<Build>& bench) : bench_(bench) {
        bench_->add_i = 0;
        bench_->sum_i = 0;
        set_all(kMax, true);
        reset(false);
    }

    void set(std::size_t tile, std::size_t channel, int count, bool negative) {
        for (unsigned b = 0; b < kCountW; ++b) {
            set_bit(bench_->count_i, (tile * kCountW + b) * kChannels + channel, ((count >> b) & 1) != 0);
        }
        set_bit(bench_->sign_i, tile * kChannels + channel, negative);
        inputs_[channel * kTiles + tile] = negative ? -count : count;
    }

    void set_all(int count, bool negative) {
        for (std::size_t t = 0; t < kTiles; ++t) {
            for (std::size_t c = 0; c < kChannels; ++c) {
                set(t, c, count, negative);
            }
        }
    }

    void randomize() {
        for (std::size_t t = 0; t < kTiles; ++t) {
            for (std::size_t c = 0; c < kChannels; ++c) {
                set(t, c, static_cast<int>(bench_.below(Build::kLevels)), bench_.chance(50));
            }
        }
    }

    void tick(bool add, bool sum) {
        bench_->add_i = add;
        bench_->sum_i = sum;
        bench_.settle();
        check();
        bench_.tick();
        if (sum) {
            sums_ = added_;
        }
        if (add) {
            for (std::size_t c = 0; c < kChannels; ++c) {
                added_[c] = 0;
                for (std::size_t t = 0; t < kTiles; ++t) {
                    added_[c] += inputs_[c * kTiles + t];
                }
            }
        }
        check();
    }

    void add_and_sum() {
        tick(true, false);
        tick(false, true);
    }

    // A sum during reset is none; what it would add up is not looked at.
    void reset(bool clock_high) {
        bench_->add_i = bench_.chance(50);
        bench_->sum_i = bench_.chance(50);
        sums_.assign(kChannels, 0);
        bench_.reset(clock_high, [&] { check(); });
    }

    void expect_sum(std::size_t channel, int expected) {
        bench_.equal(expected, get_signed_field(bench_->sum_o, channel, kSumW), "sum_o",
                     static_cast<std::int64_t>(channel));
    }

    void expect_all_sums(int expected) {
        for (std::size_t c = 0; c < kChannels; ++c) {
            expect_sum(c, expected);
        }
    }

    void check() {
        for (std::size_t c = 0; c < kChannels; ++c) {
            expect_sum(c, sums_[c]);
        }
    }

 private:
    static constexpr unsigned kCountW = clog2(Build::kLevels);
    static constexpr unsigned kSumW = clog2(kTiles * (Build::kLevels - 1) + 1) + 1;

    Bench<Build>& bench_;
    std::vector<int> inputs_ = std::vector<int>(std::size_t{kChannels} * kTiles, 0);
    std::vector<int> added_ = std::vector<int>(kChannels, 0);
    std::vector<int> sums_ = std::vector<int>(kChannels, 0);
};

template <typename Build>
class AdderBank : public testing::Test {};
TYPED_TEST_SUITE(AdderBank, adder_bank::Builds);

TYPED_TEST(AdderBank, PositiveFullScaleOfAllTilesDoesNotSaturate) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(driver.kMax, false);
        driver.add_and_sum();
        driver.expect_all_sums(static_cast<int>(driver.kTiles) * driver.kMax);
    });
}

TYPED_TEST(AdderBank, NegativeFullScaleOfAllTilesDoesNotSaturate) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(driver.kMax, true);
        driver.add_and_sum();
        driver.expect_all_sums(-static_cast<int>(driver.kTiles) * driver.kMax);
    });
}

TYPED_TEST(AdderBank, BothZerosAddNothing) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const bool negative : {true, false}) {
            driver.set_all(driver.kMax, !negative);
            driver.add_and_sum();
            driver.set_all(0, negative);
            driver.add_and_sum();
            driver.expect_all_sums(0);
        }
    });
}

TYPED_TEST(AdderBank, EachTileCountsOnceWithItsOwnSign) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (std::size_t tile = 0; tile < driver.kTiles; ++tile) {
            for (const bool negative : {false, true}) {
                for (const int count : {1, driver.kMax}) {
                    driver.set_all(0, !negative);
                    for (std::size_t c = 0; c < driver.kChannels; ++c) {
                        driver.set(tile, c, count, negative);
                    }
                    driver.add_and_sum();
                    driver.expect_all_sums(negative ? -count : count);
                }
            }
        }
    });
}

TYPED_TEST(AdderBank, EachChannelIsOnItsOwn) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (std::size_t active = 0; active < driver.kChannels; ++active) {
            driver.set_all(0, false);
            for (std::size_t t = 0; t < driver.kTiles; ++t) {
                driver.set(t, active, driver.kMax, true);
            }
            driver.add_and_sum();
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                driver.expect_sum(c, c == active ? -static_cast<int>(driver.kTiles) * driver.kMax : 0);
            }
        }
    });
}

TYPED_TEST(AdderBank, EveryCountOfOneTileIsAdded) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int count = 0; count <= driver.kMax; ++count) {
            for (const bool negative : {false, true}) {
                driver.set_all(driver.kMax - count, !negative);
                for (std::size_t c = 0; c < driver.kChannels; ++c) {
                    driver.set(driver.kTiles - 1, c, count, negative);
                }
                driver.add_and_sum();
            }
        }
    });
}

TYPED_TEST(AdderBank, CountsMayChangeOnceTheyAreAdded) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(driver.kMax, false);
        driver.tick(true, false);
        for (int i = 0; i < 10; ++i) {
            driver.randomize();
            driver.tick(false, false);
        }
        driver.expect_all_sums(0);
        driver.tick(false, true);
        driver.expect_all_sums(static_cast<int>(driver.kTiles) * driver.kMax);
        for (int i = 0; i < 10; ++i) {
            driver.randomize();
            driver.tick(false, false);
        }
        driver.expect_all_sums(static_cast<int>(driver.kTiles) * driver.kMax);
    });
}

TYPED_TEST(AdderBank, AddAndSumTogetherServeTwoTokens) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_all(driver.kMax, false);
        driver.tick(true, false);
        driver.set_all(driver.kMax, true);
        driver.tick(true, true);
        driver.expect_all_sums(static_cast<int>(driver.kTiles) * driver.kMax);
        driver.tick(false, true);
        driver.expect_all_sums(-static_cast<int>(driver.kTiles) * driver.kMax);
    });
}

TYPED_TEST(AdderBank, ResetAtAnyStrobeClearsTheSumsAtOnce) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned strobes = 0; strobes < 32; ++strobes) {  // every way that add_i and sum_i of two cycles can lie
            driver.set_all(driver.kMax, true);
            driver.add_and_sum();
            driver.tick((strobes & 1) != 0, (strobes & 2) != 0);
            driver.tick((strobes & 4) != 0, (strobes & 8) != 0);
            driver.reset((strobes & 16) != 0);
            driver.tick(false, false);
            driver.set_all(1, true);
            driver.add_and_sum();
            driver.expect_all_sums(-static_cast<int>(driver.kTiles));
        }
    });
}

TYPED_TEST(AdderBank, RandomCountsSignsAndStrobes) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.randomize();
        driver.tick(true, false);
        for (int i = 0; i < 1000; ++i) {
            driver.randomize();
            driver.tick(bench.chance(40), bench.chance(40));
        }
    });
}

}  // namespace
}  // namespace gca::module_test
