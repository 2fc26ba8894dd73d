// Drives a whole readout, gca_counter_readout or gca_popcount_readout, through tokens as gca_sequencer times them, and
// compares its sums with sums over the samples.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "module_test.h"

namespace gca::module_test {

/// What a readout sees of one token; a line is output e of sub-tile t at t*channels + e.
struct ReadoutToken {
    std::vector<std::vector<bool>> samples;  ///< of each cycle of the emit phase: which lines are high
    std::vector<bool> negative;              ///< which lines have a negative sign
};

template <typename Build>
class ReadoutDriver {
 public:
    static constexpr unsigned kChannels = Build::kChannels;
    static constexpr unsigned kTiles = Build::kTiles;
    static constexpr unsigned kLines = kChannels * kTiles;
    static constexpr unsigned kSamples = Build::kLevels - 1;
    static constexpr unsigned kSyncStages = 2;  // gca_pkg::SyncStages

    explicit ReadoutDriver(Bench<Build>& bench) : bench_(bench) {
        control(kRest);
        reset();
    }

    void reset() {
        bench_.reset(false, [&] {
            for (unsigned e = 0; e < kChannels; ++e) {
                bench_.equal(0, sum(e), "sum_o in reset", e);
            }
        });
    }

    /// Random lines, with gaps, and signs.
    ReadoutToken random_token() {
        ReadoutToken token{std::vector(kSamples, std::vector<bool>(kLines)), std::vector<bool>(kLines)};
        for (auto& sample : token.samples) {
            std::generate(sample.begin(), sample.end(), [&] { return bench_.chance(50); });
        }
        std::generate(token.negative.begin(), token.negative.end(), [&] { return bench_.chance(50); });
        return token;
    }
    /// Pulses as converters make them: high from the first sample on, for `width(line)` samples.
    template <typename Width, typename Negative>
    static ReadoutToken pulses(Width width, Negative negative) {
        ReadoutToken token{std::vector(kSamples, std::vector<bool>(kLines)), std::vector<bool>(kLines)};
        for (unsigned line = 0; line < kLines; ++line) {
            for (unsigned i = 0; i < kSamples; ++i) {
                token.samples[i][line] = i < width(line);
            }
            token.negative[line] = negative(line);
        }
        return token;
    }

    /// From the first cycle of its emit phase until its sums are there, `wait` cycles later than they could be.
    void send(const ReadoutToken& token, unsigned wait = 0) {
        bench_.about_token(sent_++);
        for (unsigned i = 0; i <= kAdded + 1 + wait; ++i) {
            emit(token, i, kAdded + 1 + wait);
            if (i + 1 == kAdded) {
                expect_full(token);
            }
        }
        for (unsigned e = 0; e < kChannels; ++e) {
            std::int64_t expected = 0;
            for (unsigned line = e; line < kLines; line += kChannels) {
                expected += token.negative[line] ? -std::int64_t{high(token, line)} : std::int64_t{high(token, line)};
            }
            bench_.equal(expected, sum(e), "sum_o", e);
        }
    }

    /// A token's emit phase, cut short by a reset in its cycle `last`.
    void send_until_reset(const ReadoutToken& token, unsigned last) {
        for (unsigned i = 0; i < last; ++i) {
            emit(token, i, kAdded + 1);
        }
        reset();
    }

    /// Cycles without strobes, while the lines do what they like; the sums must hold.
    void rest(unsigned cycles) {
        std::vector<std::int64_t> before(kChannels);
        for (unsigned e = 0; e < kChannels; ++e) {
            before[e] = sum(e);
        }
        for (unsigned i = 0; i < cycles; ++i) {
            cycle(kRest);
        }
        for (unsigned e = 0; e < kChannels; ++e) {
            bench_.equal(before[e], sum(e), "sum_o at rest", e);
        }
    }

 private:
    struct Strobes {
        unsigned sync;
        bool count, first, add, sum;
    };
    static constexpr Strobes kRest{};

    static constexpr unsigned kAdded = kSamples + kSyncStages;  ///< the cycle of add_i after the emit phase began

    /// Cycle `i` of a token whose sums are taken in cycle `summed`.
    void emit(const ReadoutToken& token, unsigned i, unsigned summed) {
        const auto within = [i](unsigned first) { return i >= first && i < first + kSamples; };
        sample_ = i < kSamples ? &token.samples[i] : nullptr;
        negative_ = i <= kSyncStages ? &token.negative : nullptr;
        cycle({.sync = (within(0) ? 1U : 0U) | (within(1) ? 2U : 0U),
               .count = within(kSyncStages),
               .first = i == kSyncStages,
               .add = i == kAdded,
               .sum = i == summed && i > kAdded});
    }

    /// What the flops of gca_sequencer do right after the edge: a clock gate looks at it in the second half of the
    /// cycle.
    void control(const Strobes& strobes) {
        bench_->sync_en_i = static_cast<CData>(strobes.sync);
        bench_->count_en_i = strobes.count;
        bench_->count_first_i = strobes.first;
        bench_->add_i = strobes.add;
        bench_->sum_i = strobes.sum;
    }

    /// A cycle from after its first edge to after its last. Lines that are not to be looked at are random.
    void cycle(const Strobes& strobes) {
        control(strobes);
        bench_.settle();
        bench_.fall();
        for (unsigned line = 0; line < kLines; ++line) {
            set_bit(bench_->pulse_i, line, sample_ != nullptr ? bool{(*sample_)[line]} : bench_.chance(50));
            set_bit(bench_->sign_i, line, negative_ != nullptr ? bool{(*negative_)[line]} : bench_.chance(50));
        }
        bench_.settle();
        bench_.rise();
        sample_ = nullptr;
        negative_ = nullptr;
    }

    static unsigned high(const ReadoutToken& token, unsigned line) {
        return static_cast<unsigned>(
            std::count_if(token.samples.begin(), token.samples.end(), [line](const auto& s) { return s[line]; }));
    }

    void expect_full(const ReadoutToken& token) {
        for (unsigned line = 0; line < kLines; ++line) {
            const bool expected =
                Build::kFullIsTheLastSample ? bool{token.samples.back()[line]} : high(token, line) == kSamples;
            bench_.equal(expected, get_bit(bench_->full_o, line), "full_o", line);
        }
    }

    std::int64_t sum(unsigned channel) {
        constexpr unsigned kWidth = clog2(kTiles * kSamples + 1) + 1;
        std::int64_t value = 0;
        for (unsigned b = 0; b < kWidth; ++b) {
            value |= std::int64_t{get_bit(bench_->sum_o, std::size_t{channel} * kWidth + b)} << b;
        }
        return value >= std::int64_t{1} << (kWidth - 1) ? value - (std::int64_t{1} << kWidth) : value;
    }

    Bench<Build>& bench_;
    const std::vector<bool>* sample_ = nullptr;
    const std::vector<bool>* negative_ = nullptr;
    std::int64_t sent_ = 0;
};

/// The tests of both readouts.
template <typename Build>
void sums_are_those_of_the_samples() {
    on_each_start<Build>([](Bench<Build>& bench) {
        ReadoutDriver<Build> driver(bench);
        for (int i = 0; i < 60; ++i) {
            driver.send(driver.random_token(), bench.below(3));
            driver.rest(bench.below(4));
        }
    });
}

template <typename Build>
void reset_in_any_cycle_leaves_nothing() {
    on_each_start<Build>([](Bench<Build>& bench) {
        ReadoutDriver<Build> driver(bench);
        for (unsigned last = 1; last <= Build::kLevels + 2; ++last) {
            driver.send_until_reset(driver.random_token(), last);
            driver.send(driver.random_token());
        }
    });
}

template <typename Build>
void sums_reach_both_ends() {
    on_each_start<Build>([](Bench<Build>& bench) {
        using Driver = ReadoutDriver<Build>;
        Driver driver(bench);
        for (const unsigned width : {0U, 1U, Driver::kSamples}) {
            for (const bool negative : {false, true}) {
                driver.send(Driver::pulses([=](unsigned) { return width; }, [=](unsigned) { return negative; }));
            }
        }
    });
}

template <typename Build>
void each_width_of_either_sign_counts() {
    on_each_start<Build>([](Bench<Build>& bench) {
        using Driver = ReadoutDriver<Build>;
        Driver driver(bench);
        for (unsigned width = 0; width <= Driver::kSamples; ++width) {
            const unsigned line = bench.below(Driver::kLines);
            for (const bool negative : {false, true}) {
                driver.send(Driver::pulses([=](unsigned l) { return l == line ? width : 0U; },
                                           [=](unsigned l) { return l == line && negative; }));
                driver.send(Driver::pulses([=](unsigned l) { return l == line ? width : Driver::kSamples; },
                                           [=](unsigned l) { return l == line ? negative : l % 2 != 0; }));
            }
        }
    });
}

}  // namespace gca::module_test
