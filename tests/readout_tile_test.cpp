// gca_readout_tile (S5, S6): from asynchronous pulses to signed counts.
#include "module_builds/readout_tile.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

constexpr unsigned kSyncStages = 2;  // gca_pkg::SyncStages

// Drives the tile and compares sign, count and full of every channel after every edge.
template <typename Build>
class Driver {
 public:
    static constexpr unsigned kChannels = Build::kChannels;
    static constexpr unsigned kMax = Build::kLevels - 1;  // cycles of an emit phase, and the highest count

    explicit Driver(Bench<Build>& bench) : bench_(bench) {
        bench_->sync_en_i = 0;  // not looked at without clock gates
        bench_->count_en_i = 0;
        bench_->count_first_i = 0;
        set_pulses(false);
        set_signs(false);
        for (unsigned i = 0; i < kSyncStages; ++i) {
            tick(false, false);  // until the synchroniser has forgotten what it woke up with
        }
    }

    void set_pulses(bool high) { set_all(bench_->pulse_i, high); }
    void set_signs(bool negative) { set_all(bench_->sign_i, negative); }

    // A cycle; `between()` runs half a clock after its edge, where the analog side acts.
    template <typename Between>
    void tick(bool enable, bool first, Between between) {
        bench_->count_en_i = enable;
        bench_->count_first_i = first;
        bench_.settle();
        check();
        bench_.rise();
        std::vector<bool> sample(kChannels);
        for (std::size_t c = 0; c < kChannels; ++c) {
            sample[c] = get_bit(bench_->pulse_i, c);
        }
        samples_.push_back(sample);
        if (first) {
            signs_known_ = true;
        }
        known_ = known_ || (enable && first);
        for (std::size_t c = 0; c < kChannels; ++c) {
            const bool pulse = samples_.size() > kSyncStages && samples_.front()[c];
            if (enable) {
                const unsigned old = first ? 0 : counts_[c];
                counts_[c] = old < kMax && pulse ? old + 1 : old;
            }
            if (first) {
                signs_[c] = get_bit(bench_->sign_i, c);
            }
        }
        if (samples_.size() > kSyncStages) {
            samples_.pop_front();
        }
        check();
        bench_.fall();
        between();
        bench_.settle();
        check();
    }
    void tick(bool enable, bool first) {
        tick(enable, first, [] {});
    }

    // An emit phase with its counting, as gca_sequencer times it. `pulse(c, i)` says whether channel c is high in the
    // cycle that begins half a clock after edge i of the phase; i is negative before it and kMax or more after it.
    template <typename Pulse>
    void emit(Pulse pulse) {
        for (int i = -4; i < static_cast<int>(kMax + kSyncStages + 2); ++i) {
            const int counting = i - 1 - static_cast<int>(kSyncStages);  // the sample after edge i-1 is that of cycle i
            tick(counting >= 0 && counting < static_cast<int>(kMax), counting == 0, [&] {
                for (std::size_t c = 0; c < kChannels; ++c) {
                    set_bit(bench_->pulse_i, c, pulse(c, i));
                }
            });
        }
    }

    // The same in steps of a fraction of the clock; sample 0 of the phase is taken at the clock edge of time 0.
    // `pulse(c, time)` says whether channel c is high from that time on, in units of 1/kSteps cycle.
    template <typename Pulse>
    void emit_in_steps(Pulse pulse) {
        known_ = signs_known_ = false;  // the model above does not follow
        for (int edge = -3; edge < static_cast<int>(kMax + kSyncStages + 2); ++edge) {
            const int counting = edge - static_cast<int>(kSyncStages);
            bench_->count_en_i = counting >= 0 && counting < static_cast<int>(kMax);
            bench_->count_first_i = counting == 0;
            bench_.settle();
            bench_.step_through_cycle([&](int step) {
                for (std::size_t c = 0; c < kChannels; ++c) {
                    set_bit(bench_->pulse_i, c, pulse(c, edge * bench_.kSteps + step));
                }
            });
        }
    }

    unsigned count(std::size_t channel) {
        unsigned value = 0;
        for (unsigned b = 0; b < clog2(Build::kLevels); ++b) {
            value |= unsigned{get_bit(bench_->count_o, std::size_t{b} * kChannels + channel)} << b;
        }
        return value;
    }

    void expect_count(std::size_t channel, unsigned expected) {
        const auto index = static_cast<std::int64_t>(channel);
        bench_.equal(expected, count(channel), "count of channel", index);
        bench_.equal(expected == kMax, get_bit(bench_->full_o, channel), "full_o", index);
    }

    void expect_sign(std::size_t channel, bool expected) {
        bench_.equal(expected, get_bit(bench_->sign_o, channel), "sign_o", static_cast<std::int64_t>(channel));
    }

 private:
    template <typename Port>
    static void set_all(Port& port, bool value) {
        for (std::size_t c = 0; c < kChannels; ++c) {
            set_bit(port, c, value);
        }
    }

    void check() {
        for (std::size_t c = 0; c < kChannels; ++c) {
            if (known_) {
                expect_count(c, counts_[c]);
            }
            if (signs_known_) {
                expect_sign(c, signs_[c]);
            }
        }
    }

    Bench<Build>& bench_;
    std::deque<std::vector<bool>> samples_;  // of the last kSyncStages edges
    std::vector<unsigned> counts_ = std::vector<unsigned>(kChannels, 0);
    std::vector<bool> signs_ = std::vector<bool>(kChannels, false);
    bool known_ = false;
    bool signs_known_ = false;
};

template <typename Build>
class ReadoutTile : public testing::Test {};
TYPED_TEST_SUITE(ReadoutTile, readout_tile::Builds);

TYPED_TEST(ReadoutTile, EveryWidthFromTheBeginningOfTheEmitPhaseCountsItsCycles) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned shift = 0; shift <= driver.kMax; ++shift) {
            const auto width = [&](std::size_t c) { return (static_cast<unsigned>(c) + shift) % (driver.kMax + 1); };
            driver.emit([&](std::size_t c, int i) { return i >= 0 && i < static_cast<int>(width(c)); });
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                driver.expect_count(c, width(c));
            }
        }
    });
}

// From a quarter of a clock before sample 0 to a quarter after the last, and well beyond: every pair of edges.
TYPED_TEST(ReadoutTile, EdgesAtEveryPhaseOfTheClockCountTheSamplesWithin) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        constexpr int kSteps = Bench<TypeParam>::kSteps;
        struct Edges {
            int begin, end;
        };
        Driver<TypeParam> driver(bench);
        const int samples = static_cast<int>(driver.kMax);
        std::vector<Edges> pairs;
        for (int begin = -kSteps - 2; begin <= samples * kSteps + 2; ++begin) {
            for (int end = begin + 1; end <= samples * kSteps + 2; ++end) {
                pairs.push_back({begin, end});
            }
        }
        for (std::size_t first = 0; first < pairs.size(); first += driver.kChannels) {
            const auto pair = [&](std::size_t c) { return pairs[(first + c) % pairs.size()]; };
            driver.emit_in_steps([&](std::size_t c, int time) { return time >= pair(c).begin && time < pair(c).end; });
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                unsigned within = 0;
                for (int sample = 0; sample < samples; ++sample) {
                    within += sample * kSteps >= pair(c).begin && sample * kSteps < pair(c).end ? 1 : 0;
                }
                driver.expect_count(c, within);
            }
        }
    });
}

TYPED_TEST(ReadoutTile, EverySingleSampleOfTheEmitPhaseCountsOnce) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int high = 0; high < static_cast<int>(driver.kMax); ++high) {
            driver.emit([&](std::size_t /*c*/, int i) { return i == high; });
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                driver.expect_count(c, 1);
            }
        }
    });
}

TYPED_TEST(ReadoutTile, PulsesOutsideTheEmitPhaseDoNotCount) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const int end = static_cast<int>(driver.kMax);
        driver.emit([&](std::size_t /*c*/, int i) { return i < 0 || i >= end; });
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_count(c, 0);
        }
        driver.emit([](std::size_t /*c*/, int /*i*/) { return true; });
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_count(c, driver.kMax);
        }
    });
}

TYPED_TEST(ReadoutTile, ASampleIsCountedAfterSyncStagesPlusOneEdges) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.tick(true, true);
        driver.set_pulses(true);
        for (unsigned edges = 1; edges <= kSyncStages + 1; ++edges) {
            driver.tick(true, false);
            driver.expect_count(0, edges == kSyncStages + 1 ? 1 : 0);
        }
    });
}

TYPED_TEST(ReadoutTile, TheSignIsThatOfTheFirstCount) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const bool negative : {true, false, true}) {
            driver.set_signs(!negative);
            driver.tick(false, false);
            driver.set_signs(negative);
            driver.tick(true, true);
            for (unsigned i = 1; i < driver.kMax + 5; ++i) {
                driver.set_signs(!negative);
                driver.tick(i < driver.kMax, false);
            }
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                driver.expect_sign(c, negative);
            }
        }
    });
}

TYPED_TEST(ReadoutTile, CountAndSignHoldBetweenTwoTokens) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.set_signs(true);
        driver.emit([](std::size_t c, int i) { return i >= 0 && i < static_cast<int>(c % 4); });
        std::vector<unsigned> counts;
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            counts.push_back(driver.count(c));
        }
        for (int i = 0; i < 20; ++i) {
            bench.randomize(bench->pulse_i, driver.kChannels);
            bench.randomize(bench->sign_i, driver.kChannels);
            driver.tick(false, false);
        }
        for (std::size_t c = 0; c < driver.kChannels; ++c) {
            driver.expect_count(c, counts[c]);
            driver.expect_sign(c, true);
        }
    });
}

TYPED_TEST(ReadoutTile, RandomPulsesInEmitPhases) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int token = 0; token < 50; ++token) {
            const unsigned density = bench.below(101);
            std::vector<unsigned> expected(driver.kChannels, 0);
            bench.randomize(bench->sign_i, driver.kChannels);
            driver.emit([&](std::size_t c, int i) {
                const bool high = bench.chance(density);
                expected[c] += high && i >= 0 && i < static_cast<int>(driver.kMax) ? 1 : 0;
                return high;
            });
            for (std::size_t c = 0; c < driver.kChannels; ++c) {
                driver.expect_count(c, expected[c]);
            }
        }
    });
}

TYPED_TEST(ReadoutTile, RandomPulsesSignsAndControls) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int i = 0; i < 2000; ++i) {
            bench.randomize(bench->pulse_i, driver.kChannels);
            bench.randomize(bench->sign_i, driver.kChannels);
            const bool enable = bench.chance(80);
            driver.tick(enable, enable && bench.chance(10));
        }
    });
}

}  // namespace
}  // namespace gca::module_test
