// gca_write_ctrl (S0): the ring of columns, and which of them hold a token.
#include "module_builds/write_ctrl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

// What a token carries along: its column, and the columns that hold a token of its sequence, itself included.
struct Token {
    unsigned column = 0;
    std::vector<bool> held;
};

// Drives the controller and compares all five outputs in every cycle, under random enables.
template <typename Build>
class Driver {
 public:
    static constexpr unsigned kColumns = Build::kTileTokens * Build::kTiles;
    static constexpr unsigned kTileTokens = Build::kTileTokens;
    static constexpr unsigned kLargestPort = (1U << clog2(kColumns + 1)) - 1;  // the most that window_i can say

    explicit Driver(Bench<Build>& bench) : bench_(bench) {
        bench_->new_sequence_i = 0;
        set_window(0);
        reset(false);
    }

    // The outputs that a token needs before its first strobe are not compared.
    void tick(bool accept, bool score_start, bool mix_start) {
        bench_->accept_i = accept;
        bench_->score_start_i = score_start;
        bench_->mix_start_i = mix_start;
        set_enables(bench_.below(32));
        bench_.settle();
        check();
        bench_.tick();
        if (mix_start) {
            mix_ = score_;
        }
        if (score_start) {
            score_ = load_;
        }
        if (accept) {
            step();
        }
        check();
    }

    void accept(bool new_sequence, unsigned window) {
        bench_->new_sequence_i = new_sequence;
        set_window(window);
        tick(true, false, false);
        bench_->new_sequence_i = bench_.chance(50);  // neither is looked at without accept_i
        set_window(bench_.below(kLargestPort + 1));
    }

    // A token on its way through all phases, alone.
    void walk(bool new_sequence, unsigned window) {
        accept(new_sequence, window);
        tick(false, true, false);
        tick(false, false, true);
        tick(false, false, false);
    }

    // Strobes during reset are none.
    void reset(bool clock_high) {
        held_.clear();
        load_.reset();
        score_.reset();
        mix_.reset();
        loaded_ = scoring_ = false;
        set_enables(bench_.below(32));
        bench_->accept_i = bench_.chance(50);
        bench_->score_start_i = bench_.chance(50);
        bench_->mix_start_i = bench_.chance(50);
        bench_.reset(clock_high, [&] { check(); });
    }

    // Strobes in an order that the sequencer may give them; the host does anything.
    void random_tick(unsigned new_sequence_percent) {
        bench_->new_sequence_i = bench_.chance(new_sequence_percent);
        set_window(bench_.below(kLargestPort + 1));
        // A token is accepted when its predecessor has begun to score, which begins when its own predecessor mixes.
        const bool mix_start = scoring_ && bench_.chance(60);
        const bool score_start = loaded_ && (!scoring_ || mix_start) && bench_.chance(60);
        const bool accept = (!loaded_ || score_start) && bench_.chance(60);
        tick(accept, score_start, mix_start);
        scoring_ = score_start || (scoring_ && !mix_start);
        loaded_ = accept || (loaded_ && !score_start);
    }

    // The columns that a port selects.
    template <typename Port>
    static std::set<unsigned> columns(const Port& port) {
        std::set<unsigned> found;
        for (unsigned c = 0; c < kColumns; ++c) {
            if (get_bit(port, c)) {
                found.insert(c);
            }
        }
        return found;
    }

    // The token in load is at `column`, and the last one in mix sees the columns 0 to held-1.
    void expect_load(unsigned column) {
        set_enables(31);
        bench_.settle();
        for (unsigned c = 0; c < kColumns; ++c) {
            bench_.equal(c == column, get_bit(bench_->k_write_o, c), "k_write_o", c);
        }
    }
    void expect_mix(unsigned held) {
        set_enables(31);
        bench_.settle();
        for (unsigned c = 0; c < kColumns; ++c) {
            bench_.equal(c < held, get_bit(bench_->valid_o, c), "valid_o", c);
        }
    }

    void set_enables(unsigned bits) {
        bench_->k_discharge_i = bits & 1;
        bench_->k_write_i = (bits >> 1) & 1;
        bench_->v_discharge_i = (bits >> 2) & 1;
        bench_->v_write_i = (bits >> 3) & 1;
        bench_->c2p1_emit_i = (bits >> 4) & 1;
    }

    void set_window(unsigned window) { set_field(bench_->window_i, 0, clog2(kColumns + 1), window); }

    void check() {
        const Model& m = *bench_.operator->();
        check_select(m.k_discharge_i, load_, m.k_discharge_o, "k_discharge_o");
        check_select(m.k_write_i, load_, m.k_write_o, "k_write_o");
        check_select(m.v_discharge_i, score_, m.v_discharge_o, "v_discharge_o");
        check_select(m.v_write_i, score_, m.v_write_o, "v_write_o");
        for (unsigned c = 0; c < kColumns && (!m.c2p1_emit_i || mix_); ++c) {
            bench_.equal(m.c2p1_emit_i && mix_->held[c], get_bit(m.valid_o, c), "valid_o", c);
        }
    }

 private:
    using Model = typename Build::Model;

    template <typename Port>
    void check_select(bool enable, const std::optional<Token>& token, const Port& port, const char* what) {
        for (unsigned c = 0; c < kColumns && (!enable || token); ++c) {
            bench_.equal(enable && token->column == c, get_bit(port, c), what, c);
        }
    }

    void step() {
        Token token;
        if (bench_->new_sequence_i != 0 || held_.empty()) {
            const unsigned asked = get_field(bench_->window_i, 0, clog2(kColumns + 1));
            window_ = asked >= 1 && asked <= kColumns ? asked : kColumns;
            held_.assign(kColumns, false);
            token.column = 0;
        } else {
            token.column = (load_->column + 1) % window_;
        }
        held_[token.column] = true;
        token.held = held_;
        load_ = token;
    }

    Bench<Build>& bench_;
    std::vector<bool> held_;  // empty: no token since reset
    unsigned window_ = kColumns;
    std::optional<Token> load_, score_, mix_;
    bool loaded_ = false;   // of random_tick: a token waits to score
    bool scoring_ = false;  // or to mix
};

template <typename Build>
class WriteCtrl : public testing::Test {};
TYPED_TEST_SUITE(WriteCtrl, write_ctrl::Builds);

// Windows around every border: all of them for a small ring.
template <typename Build>
std::vector<unsigned> windows() {
    constexpr unsigned kColumns = Driver<Build>::kColumns;
    constexpr unsigned kTileTokens = Build::kTileTokens;
    std::set<unsigned> found;
    for (unsigned w = 1; w <= kColumns && kColumns <= 64; ++w) {
        found.insert(w);
    }
    for (const unsigned w : {1U, 2U, kTileTokens - 1, kTileTokens, kTileTokens + 1, kColumns - 1, kColumns}) {
        if (w >= 1 && w <= kColumns) {
            found.insert(w);
        }
    }
    return {found.begin(), found.end()};
}

TYPED_TEST(WriteCtrl, ColumnsFollowOneAnotherAndWrapAtTheWindow) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const unsigned window : windows<TypeParam>()) {
            const unsigned tokens = driver.kColumns > 64 ? window + 2 : 3 * window + 2;
            for (unsigned i = 0; i < tokens; ++i) {
                driver.accept(i == 0, window);
                driver.expect_load(i % window);
            }
        }
    });
}

TYPED_TEST(WriteCtrl, OnlyColumnsWithATokenOfTheSequenceAreValid) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const unsigned window : windows<TypeParam>()) {
            for (unsigned i = 0; i < window + 2; ++i) {
                driver.walk(i == 0, window);
                driver.expect_mix(std::min(i + 1, window));
            }
        }
    });
}

TYPED_TEST(WriteCtrl, ManyWrapsOfAWindowThatIsNoMultipleOfATile) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const unsigned window = std::min(driver.kColumns, driver.kTileTokens + 3);
        for (unsigned i = 0; i < 20 * window; ++i) {
            driver.accept(i == 0, window);
        }
        driver.expect_load((20 * window - 1) % window);
        driver.walk(false, 1);
        driver.expect_mix(window);
    });
}

TYPED_TEST(WriteCtrl, AWindowOfOneStaysAtColumnZero) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int i = 0; i < 20; ++i) {
            driver.walk(i == 0, 1);
            driver.expect_load(0);
            driver.expect_mix(1);
        }
    });
}

TYPED_TEST(WriteCtrl, WindowZeroAndTooLargeAreTheWholeRing) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const unsigned window : {0U, driver.kColumns + 1, driver.kLargestPort}) {
            if (window > driver.kLargestPort) {
                continue;
            }
            for (unsigned i = 0; i < driver.kColumns + 1; ++i) {
                driver.accept(i == 0, window);
            }
            driver.expect_load(0);
            driver.walk(false, 1);
            driver.expect_load(1 % driver.kColumns);
            driver.expect_mix(driver.kColumns);
        }
    });
}

TYPED_TEST(WriteCtrl, TheFirstTokenAfterResetBeginsASequence) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const unsigned window = std::min(driver.kColumns, 3U);
        for (unsigned i = 0; i < 7; ++i) {
            driver.walk(false, i == 0 ? window : 1);
            driver.expect_load(i % window);
            driver.expect_mix(std::min(i + 1, window));
        }
    });
}

TYPED_TEST(WriteCtrl, ANewSequenceInMidRingStartsAtColumnZeroAndSeesNothingOlder) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const unsigned large = std::min(driver.kColumns, driver.kTileTokens + 1);
        const unsigned small = std::min(driver.kColumns, 2U);
        for (const unsigned before : {1U, 2U, large - 1, large, large + 1, 3 * large}) {
            for (const unsigned window : {large, small}) {
                for (unsigned i = 0; i < before; ++i) {
                    driver.walk(i == 0, large);
                }
                driver.walk(true, window);
                driver.expect_load(0);
                driver.expect_mix(1);
                driver.walk(false, 1);
                driver.expect_load(1 % window);
                driver.expect_mix(std::min(2U, window));
            }
        }
    });
}

TYPED_TEST(WriteCtrl, ATokenInFlightKeepsItsColumnAndItsSequence) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const unsigned window = driver.kColumns;
        for (unsigned i = 0; i < window; ++i) {
            driver.accept(i == 0, window);
        }
        driver.tick(false, true, false);
        driver.accept(true, window);      // another sequence, while the last token of the old one is scored
        driver.tick(false, false, true);  // it mixes: every column of its sequence
        driver.expect_mix(window);
        driver.tick(false, true, false);
        driver.expect_mix(window);
        driver.tick(false, false, true);
        driver.expect_mix(1);
    });
}

TYPED_TEST(WriteCtrl, SelectsAreLowWithoutTheirEnables) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.walk(true, driver.kColumns);
        for (unsigned enables = 0; enables < 32; ++enables) {
            driver.set_enables(enables);
            bench.settle();
            driver.check();
            const auto quiet = [&](auto& port, unsigned enable, const char* what) {
                bench.equal((enables >> enable) & 1, static_cast<int>(driver.columns(port).size()), what);
            };
            quiet(bench->k_discharge_o, 0, "columns of k_discharge_o");
            quiet(bench->k_write_o, 1, "columns of k_write_o");
            quiet(bench->v_discharge_o, 2, "columns of v_discharge_o");
            quiet(bench->v_write_o, 3, "columns of v_write_o");
            quiet(bench->valid_o, 4, "columns of valid_o");
        }
    });
}

TYPED_TEST(WriteCtrl, ResetInMidSequenceEmptiesTheRing) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const unsigned window = std::min(driver.kColumns, 4U);
        for (unsigned before = 1; before < 10; ++before) {
            for (unsigned i = 0; i < before; ++i) {
                driver.walk(false, window);
            }
            driver.reset(bench.chance(50));
            driver.walk(false, window);
            driver.expect_load(0);
            driver.expect_mix(1);
        }
    });
}

TYPED_TEST(WriteCtrl, AfterAResetAtAnyStrobeTheFirstTokensAreThoseOfANewRing) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (unsigned cycles = 0; cycles < 60; ++cycles) {
            for (unsigned i = 0; i < cycles; ++i) {
                driver.random_tick(10);
            }
            driver.reset(bench.chance(50));
            const unsigned window = std::min(driver.kColumns, 1 + bench.below(4));
            for (unsigned i = 0; i < 2 * window + 1; ++i) {
                driver.walk(false, i == 0 ? window : bench.below(driver.kLargestPort + 1));
                driver.expect_load(i % window);
                driver.expect_mix(std::min(i + 1, window));
            }
        }
    });
}

TYPED_TEST(WriteCtrl, RandomTokensSequencesAndWindows) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const int cycles = driver.kColumns > 64 ? 1000 : 6000;
        for (int i = 0; i < cycles; ++i) {
            driver.random_tick(bench.below(3 * driver.kColumns) < 2 ? 100 : 0);
        }
    });
}

}  // namespace
}  // namespace gca::module_test
