// gca_sequencer: the schedule, back-pressure, both modes.
#include "module_builds/sequencer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

// gca_pkg
constexpr std::int64_t kDischarge = 5;
constexpr std::int64_t kLoad = 15;
constexpr std::int64_t kSync = 2;

struct Controls {
    bool k_discharge, k_write, v_discharge, v_write;
    bool c2p1_reset, c2p1_integrate, c2p1_emit, c2p2_reset, c2p2_integrate, c2p2_emit;
    bool count_en, count_first, add, sum;
    unsigned sync_en;  ///< bit s: stage s of the synchroniser
    bool token_ready, result_valid, accept, score_start, mix_start;
};

// The contract, in times of tokens. Cycle n is the one that ends with edge n; a token that is accepted at edge n begins
// its load phase in cycle n+1.
template <typename Build>
class Schedule {
 public:
    static constexpr std::int64_t kScore = Build::kScoreCycles;
    static constexpr std::int64_t kMix = Build::kMixCycles;
    static constexpr std::int64_t kEmit = Build::kEmitCycles;
    static constexpr std::int64_t kInterval = Build::kInterval;
    static constexpr std::int64_t kLatency = kLoad + kScore + kMix + kEmit + kSync + 3;

    [[nodiscard]] Controls expect(bool pipelined, bool token_valid, bool result_ready) const {
        Controls out{};
        bool score = false;
        bool mix = false;
        bool emit = false;
        bool k_busy = false;
        bool all_delivered = true;
        for (const Token& token : tokens_) {
            all_delivered = all_delivered && token.result.has_value();
            if (!token.score) {
                k_busy = true;
                out.k_discharge |= within(token.load, kDischarge);
                out.k_write |= within(token.load + kDischarge, kLoad - kDischarge);
                continue;
            }
            k_busy = k_busy || within(*token.score, kScore - 1);  // the next token may come with the last cycle
            out.v_discharge |= within(*token.score, kDischarge);
            out.v_write |= within(*token.score + kDischarge, kLoad - kDischarge);
            score = score || within(*token.score, kScore);
            mix = mix || within(mix_of(token), kMix);
            emit = emit || within(emit_of(token), kEmit);
            out.mix_start |= now_ == mix_of(token) - 1;
            out.count_en |= within(emit_of(token) + kSync, kEmit);
            for (unsigned stage = 0; stage < kSync; ++stage) {
                out.sync_en |= within(emit_of(token) + stage, kEmit) ? 1U << stage : 0U;
            }
            out.count_first |= now_ == emit_of(token) + kSync;
            out.add |= now_ == add_of(token);
        }
        out.c2p1_integrate = score;
        out.c2p1_emit = mix;
        out.c2p1_reset = !score && !mix;
        out.c2p2_integrate = mix;
        out.c2p2_emit = emit;
        out.c2p2_reset = !mix && !emit;
        // The score phase would begin LoadCycles after the accepting edge, the end of this cycle.
        const bool blocks_free = !last_score_ || now_ + 1 + kLoad >= *last_score_ + kInterval;
        out.token_ready = !k_busy && blocks_free && (pipelined || all_delivered);
        out.accept = out.token_ready && token_valid;
        out.score_start = scores_next();
        out.result_valid = !tokens_.empty() && tokens_.front().result.has_value();
        out.sum = partial() < tokens_.size() && (!out.result_valid || result_ready);
        return out;
    }

    void advance(const Controls& out, bool result_ready) {
        if (out.score_start) {
            tokens_.back().score = last_score_ = now_ + 1;
        }
        if (out.sum) {
            tokens_[partial()].result = now_ + 1;
        }
        if (out.result_valid && result_ready) {
            tokens_.pop_front();
        }
        if (out.accept) {
            tokens_.push_back({now_ + 1, std::nullopt, std::nullopt});
        }
        ++now_;
    }

    void clear() {
        tokens_.clear();
        last_score_.reset();
    }

 private:
    struct Token {
        std::int64_t load = 0;               // first cycle of its load phase
        std::optional<std::int64_t> score;   // first cycle of its score phase
        std::optional<std::int64_t> result;  // first cycle in the result register
    };

    [[nodiscard]] bool within(std::int64_t begin, std::int64_t cycles) const {
        return now_ >= begin && now_ < begin + cycles;
    }
    static std::int64_t mix_of(const Token& token) { return *token.score + kScore; }
    static std::int64_t emit_of(const Token& token) { return mix_of(token) + kMix; }
    static std::int64_t add_of(const Token& token) { return emit_of(token) + kEmit + kSync; }

    [[nodiscard]] bool scores_next() const {
        return !tokens_.empty() && !tokens_.back().score && now_ + 1 >= tokens_.back().load + kLoad &&
               tokens_.size() <= 2;
    }

    // The token in the partial sums; tokens_.size() if there is none.
    [[nodiscard]] std::size_t partial() const {
        std::size_t i = 0;
        while (i < tokens_.size() && (!tokens_[i].score || tokens_[i].result || now_ <= add_of(tokens_[i]))) {
            ++i;
        }
        return i;
    }

    std::deque<Token> tokens_;  // accepted, and not taken by the host
    std::optional<std::int64_t> last_score_;
    std::int64_t now_ = 0;
};

// Follows each token's data through the registers that the strobes move it between.
template <typename Build>
class DataPath {
 public:
    explicit DataPath(Bench<Build>& bench) : bench_(bench) {}

    void advance(const Controls& out, bool result_ready) {
        phases_do_not_overlap(out);
        const bool take = out.result_valid && result_ready;
        if (take) {
            move(result_, delivered_, "token that the host takes");
            bench_.equal(taken_, *delivered_, "order of results, token");
            delivered_.reset();
            ++taken_;
        }
        if (out.sum) {
            move(partial_, result_, "token that sum_o moves");
        }
        if (out.add) {
            move(counted_, partial_, "token that add_o moves");
        }
        if (out.count_first) {
            move(emitting_, counted_, "token that is counted");
        }
        if (out.c2p2_emit && !was_emitting_) {
            move(mixing_, emitting_, "token that is emitted");
        }
        was_emitting_ = out.c2p2_emit;
        if (out.mix_start) {
            move(scoring_, mixing_, "token that begins to mix");
        }
        if (out.score_start) {
            move(loading_, scoring_, "token that begins to score");
        }
        if (out.accept) {
            bench_.equal(false, loading_.has_value(), "tokens in load when one is accepted");
            loading_ = accepted_++;
        }
    }

    void clear() {
        loading_ = scoring_ = mixing_ = emitting_ = counted_ = partial_ = result_ = delivered_ = std::nullopt;
        was_emitting_ = false;
        accepted_ = taken_ = 0;
    }

    [[nodiscard]] std::int64_t accepted() const { return accepted_; }
    [[nodiscard]] std::int64_t taken() const { return taken_; }

 private:
    void move(std::optional<std::int64_t>& from, std::optional<std::int64_t>& to, const char* what) {
        bench_.equal(true, from.has_value(), what);                   // there is one
        bench_.equal(false, to.has_value(), what, from.value_or(0));  // and it overwrites none
        to = from;
        from.reset();
    }

    void phases_do_not_overlap(const Controls& out) {
        const auto high = [](std::initializer_list<bool> uses) { return std::count(uses.begin(), uses.end(), true); };
        const auto k_array = high({out.k_discharge, out.k_write, out.c2p1_integrate});
        const auto v_array = high({out.v_discharge, out.v_write, out.c2p2_integrate});
        bench_.equal(true, k_array <= 1, "K array has at most one use");
        bench_.equal(true, v_array <= 1, "V array has at most one use");
        bench_.equal(1, high({out.c2p1_reset, out.c2p1_integrate, out.c2p1_emit}), "states of charge-to-pulse 1");
        bench_.equal(1, high({out.c2p2_reset, out.c2p2_integrate, out.c2p2_emit}), "states of charge-to-pulse 2");
        bench_.equal(false, out.count_en && out.add, "counters counting while they are added");
    }

    Bench<Build>& bench_;
    std::optional<std::int64_t> loading_, scoring_, mixing_, emitting_, counted_, partial_, result_, delivered_;
    bool was_emitting_ = false;
    std::int64_t accepted_ = 0;
    std::int64_t taken_ = 0;
};

// Drives the sequencer and compares every output in every cycle.
template <typename Build>
class Driver {
 public:
    using Times = Schedule<Build>;

    explicit Driver(Bench<Build>& bench) : bench_(bench), data_(bench) { reset(false); }

    // One cycle; returns what the outputs were in it.
    Controls tick(bool pipelined, bool token_valid, bool result_ready) {
        // Other inputs first: flops do not follow them, nor does token_ready_o.
        drive(pipelined, !token_valid, !result_ready);
        bench_.settle();
        const Controls before = read();
        drive(pipelined, token_valid, result_ready);
        bench_.settle();
        const Controls got = read();
        bench_.equal(before.token_ready, got.token_ready, "token_ready_o under other host inputs");
        bench_.equal(true, same_analog_controls(before, got), "analog controls hold under other host inputs");
        const Controls expected = times_.expect(pipelined, token_valid, result_ready);
        compare(expected, got);
        data_.advance(got, result_ready);
        times_.advance(expected, result_ready);
        bench_.tick();
        return got;
    }

    // Takes all results; the bound on cycles finds a deadlock.
    void drain(bool pipelined) {
        const std::int64_t bound = Times::kLatency + 4 * Times::kInterval;
        for (std::int64_t i = 0; i < bound && data_.taken() < data_.accepted(); ++i) {
            tick(pipelined, false, true);
        }
        bench_.equal(data_.accepted(), data_.taken(), "tokens taken after the last was accepted");
        for (int i = 0; i < 100; ++i) {
            tick(pipelined, false, true);
        }
    }

    void reset(bool clock_high) {
        const bool pipelined = bench_.chance(50);
        const bool result_ready = bench_.chance(50);
        drive(pipelined, false, result_ready);
        times_.clear();
        data_.clear();
        bench_.reset(clock_high, [&] { compare(times_.expect(pipelined, false, result_ready), read()); });
    }

    [[nodiscard]] std::int64_t accepted() const { return data_.accepted(); }
    [[nodiscard]] std::int64_t taken() const { return data_.taken(); }

 private:
    void drive(bool pipelined, bool token_valid, bool result_ready) {
        bench_->pipelined_i = pipelined;
        bench_->token_valid_i = token_valid;
        bench_->result_ready_i = result_ready;
    }

    Controls read() {
        const auto& m = *bench_.operator->();
        return {.k_discharge = m.k_discharge_o != 0,
                .k_write = m.k_write_o != 0,
                .v_discharge = m.v_discharge_o != 0,
                .v_write = m.v_write_o != 0,
                .c2p1_reset = m.c2p1_reset_o != 0,
                .c2p1_integrate = m.c2p1_integrate_o != 0,
                .c2p1_emit = m.c2p1_emit_o != 0,
                .c2p2_reset = m.c2p2_reset_o != 0,
                .c2p2_integrate = m.c2p2_integrate_o != 0,
                .c2p2_emit = m.c2p2_emit_o != 0,
                .count_en = m.count_en_o != 0,
                .count_first = m.count_first_o != 0,
                .add = m.add_o != 0,
                .sum = m.sum_o != 0,
                .sync_en = m.sync_en_o,
                .token_ready = m.token_ready_o != 0,
                .result_valid = m.result_valid_o != 0,
                .accept = m.accept_o != 0,
                .score_start = m.score_start_o != 0,
                .mix_start = m.mix_start_o != 0};
    }

    static bool same_analog_controls(const Controls& a, const Controls& b) {
        return a.k_discharge == b.k_discharge && a.k_write == b.k_write && a.v_discharge == b.v_discharge &&
               a.v_write == b.v_write && a.c2p1_reset == b.c2p1_reset && a.c2p1_integrate == b.c2p1_integrate &&
               a.c2p1_emit == b.c2p1_emit && a.c2p2_reset == b.c2p2_reset && a.c2p2_integrate == b.c2p2_integrate &&
               a.c2p2_emit == b.c2p2_emit;
    }

    void compare(const Controls& expected, const Controls& got) {
        bench_.equal(expected.k_discharge, got.k_discharge, "k_discharge_o");
        bench_.equal(expected.k_write, got.k_write, "k_write_o");
        bench_.equal(expected.v_discharge, got.v_discharge, "v_discharge_o");
        bench_.equal(expected.v_write, got.v_write, "v_write_o");
        bench_.equal(expected.c2p1_reset, got.c2p1_reset, "c2p1_reset_o");
        bench_.equal(expected.c2p1_integrate, got.c2p1_integrate, "c2p1_integrate_o");
        bench_.equal(expected.c2p1_emit, got.c2p1_emit, "c2p1_emit_o");
        bench_.equal(expected.c2p2_reset, got.c2p2_reset, "c2p2_reset_o");
        bench_.equal(expected.c2p2_integrate, got.c2p2_integrate, "c2p2_integrate_o");
        bench_.equal(expected.c2p2_emit, got.c2p2_emit, "c2p2_emit_o");
        bench_.equal(expected.count_en, got.count_en, "count_en_o");
        bench_.equal(expected.sync_en, got.sync_en, "sync_en_o");
        bench_.equal(expected.count_first, got.count_first, "count_first_o");
        bench_.equal(expected.add, got.add, "add_o");
        bench_.equal(expected.sum, got.sum, "sum_o");
        bench_.equal(expected.token_ready, got.token_ready, "token_ready_o");
        bench_.equal(expected.result_valid, got.result_valid, "result_valid_o");
        bench_.equal(expected.accept, got.accept, "accept_o");
        bench_.equal(expected.score_start, got.score_start, "score_start_o");
        bench_.equal(expected.mix_start, got.mix_start, "mix_start_o");
    }

    Bench<Build>& bench_;
    Times times_;
    DataPath<Build> data_;
};

// Accepting and taking edges of `tokens` tokens that the host offers and takes as fast as it may.
struct Edges {
    std::vector<std::int64_t> accepted, taken;
};

template <typename Build>
Edges stream(Bench<Build>& bench, Driver<Build>& driver, bool pipelined, std::size_t tokens) {
    Edges edges;
    const std::int64_t end = bench.cycle() + static_cast<std::int64_t>(tokens + 1) * 2 * Schedule<Build>::kLatency;
    while (edges.taken.size() < tokens && bench.cycle() < end) {
        const std::int64_t edge = bench.cycle();
        const Controls out = driver.tick(pipelined, edges.accepted.size() < tokens, true);
        if (out.accept) {
            edges.accepted.push_back(edge);
        }
        if (out.result_valid) {
            edges.taken.push_back(edge);
        }
    }
    bench.equal(static_cast<std::int64_t>(tokens), static_cast<std::int64_t>(edges.taken.size()), "tokens taken");
    return edges;
}

template <typename Build>
class Sequencer : public testing::Test {};
TYPED_TEST_SUITE(Sequencer, sequencer::Builds);

// ---- the paper's schedule, in literal numbers
// --------------------------------------------------------------------------

TEST(SequencerOfThePaper, OneTokenTakesTheCyclesOfThePackagesTable) {
    on_each_start<sequencer::paper>([](Bench<sequencer::paper>& bench) {
        for (const bool pipelined : {true, false}) {
            Driver<sequencer::paper> driver(bench);
            bench.equal(true, driver.tick(pipelined, true, true).accept, "accept_o");
            for (int cycle = 0; cycle < 80; ++cycle) {
                const auto in = [&](int first, int last) { return cycle >= first && cycle <= last; };
                const Controls out = driver.tick(pipelined, false, true);
                bench.equal(in(0, 4), out.k_discharge, "k_discharge_o in table cycle", cycle);
                bench.equal(in(5, 14), out.k_write, "k_write_o in table cycle", cycle);
                bench.equal(in(15, 19), out.v_discharge, "v_discharge_o in table cycle", cycle);
                bench.equal(in(20, 29), out.v_write, "v_write_o in table cycle", cycle);
                bench.equal(in(15, 29), out.c2p1_integrate, "c2p1_integrate_o in table cycle", cycle);
                bench.equal(in(30, 44), out.c2p1_emit, "c2p1_emit_o in table cycle", cycle);
                bench.equal(!in(15, 44), out.c2p1_reset, "c2p1_reset_o in table cycle", cycle);
                bench.equal(in(30, 44), out.c2p2_integrate, "c2p2_integrate_o in table cycle", cycle);
                bench.equal(in(45, 59), out.c2p2_emit, "c2p2_emit_o in table cycle", cycle);
                bench.equal(!in(30, 59), out.c2p2_reset, "c2p2_reset_o in table cycle", cycle);
                bench.equal(cycle == 14, out.score_start, "score_start_o in table cycle", cycle);
                bench.equal(cycle == 29, out.mix_start, "mix_start_o in table cycle", cycle);
                bench.equal(in(47, 61), out.count_en, "count_en_o in table cycle", cycle);
                bench.equal(cycle == 47, out.count_first, "count_first_o in table cycle", cycle);
                bench.equal(cycle == 62, out.add, "add_o in table cycle", cycle);
                bench.equal(cycle == 63, out.sum, "sum_o in table cycle", cycle);
                bench.equal(cycle == 64, out.result_valid, "result_valid_o in table cycle", cycle);
                bench.equal(pipelined ? !in(0, 28) : !in(0, 63), out.token_ready, "token_ready_o in table cycle",
                            cycle);
            }
        }
    });
}

TEST(SequencerOfThePaper, PipelinedTokensComeEvery30CyclesAndTake65) {
    on_each_start<sequencer::paper>([](Bench<sequencer::paper>& bench) {
        Driver<sequencer::paper> driver(bench);
        const Edges edges = stream(bench, driver, true, 50);
        for (std::size_t i = 0; i < 50; ++i) {
            const auto index = static_cast<std::int64_t>(i);
            bench.equal(65, edges.taken[i] - edges.accepted[i], "latency of token", index);
            bench.equal(30 * index, edges.accepted[i] - edges.accepted[0], "accepting edge of token", index);
        }
    });
}

TEST(SequencerOfThePaper, SequentialTokensComeEvery65CyclesAndTake65) {
    on_each_start<sequencer::paper>([](Bench<sequencer::paper>& bench) {
        Driver<sequencer::paper> driver(bench);
        const Edges edges = stream(bench, driver, false, 50);
        for (std::size_t i = 0; i < 50; ++i) {
            const auto index = static_cast<std::int64_t>(i);
            bench.equal(65, edges.taken[i] - edges.accepted[i], "latency of token", index);
            bench.equal(65 * index, edges.accepted[i] - edges.accepted[0], "accepting edge of token", index);
        }
    });
}

// ---- every size
// --------------------------------------------------------------------------------------------------------

TYPED_TEST(Sequencer, ALoneTokenTakesTheLatencyInBothModes) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const bool pipelined : {true, false}) {
            for (int repeat = 0; repeat < 3; ++repeat) {
                const Edges edges = stream(bench, driver, pipelined, 1);
                bench.equal(Schedule<TypeParam>::kLatency, edges.taken[0] - edges.accepted[0], "latency");
            }
            driver.drain(pipelined);
        }
    });
}

TYPED_TEST(Sequencer, PipelinedTokensComeEveryIntervalAndTakeTheLatency) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const Edges edges = stream(bench, driver, true, 20);
        for (std::size_t i = 0; i < 20; ++i) {
            const auto index = static_cast<std::int64_t>(i);
            bench.equal(Schedule<TypeParam>::kLatency, edges.taken[i] - edges.accepted[i], "latency of token", index);
            bench.equal(edges.accepted[0] + index * Schedule<TypeParam>::kInterval, edges.accepted[i],
                        "accepting edge of token", index);
        }
    });
}

TYPED_TEST(Sequencer, SequentialTokensFollowWithoutAPause) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        const Edges edges = stream(bench, driver, false, 20);
        for (std::size_t i = 0; i < 20; ++i) {
            const auto index = static_cast<std::int64_t>(i);
            bench.equal(Schedule<TypeParam>::kLatency, edges.taken[i] - edges.accepted[i], "latency of token", index);
            bench.equal(edges.accepted[0] + index * Schedule<TypeParam>::kLatency, edges.accepted[i],
                        "accepting edge of token", index);
        }
    });
}

TYPED_TEST(Sequencer, NothingHappensWithoutAToken) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int i = 0; i < 200; ++i) {
            const Controls out = driver.tick(bench.chance(50), false, bench.chance(50));
            bench.equal(true, out.token_ready, "token_ready_o");
            bench.equal(true, out.c2p1_reset && out.c2p2_reset, "both charge-to-pulse stages in reset");
        }
    });
}

TYPED_TEST(Sequencer, AHostThatTakesNothingIsServedThreeTokensPipelinedTwoSequential) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        std::int64_t before = 0;
        for (const bool pipelined : {true, false, true}) {
            for (std::int64_t i = 0; i < 6 * Schedule<TypeParam>::kLatency; ++i) {
                driver.tick(pipelined, true, false);
            }
            // Result register and partial sums, and in pipelined mode one that waits between load and score.
            bench.equal(pipelined ? 3 : 2, driver.accepted() - before, "tokens accepted");
            bench.equal(0, driver.taken() - before, "tokens taken");
            driver.drain(pipelined);
            before = driver.accepted();
        }
    });
}

TYPED_TEST(Sequencer, NothingIsLostUnderRandomBackPressure) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const bool pipelined : {true, false}) {
            const std::int64_t before = driver.taken();
            unsigned valid = 0;
            unsigned ready = 0;
            for (int i = 0; i < 10000; ++i) {
                if (i % 250 == 0) {  // from a host that is always there to one that hardly ever is
                    constexpr std::array<unsigned, 5> kPercent = {0, 2, 10, 50, 100};
                    valid = kPercent[1 + bench.below(4)];
                    ready = kPercent[bench.below(5)];
                }
                driver.tick(pipelined, bench.chance(valid), bench.chance(ready));
            }
            driver.drain(pipelined);
            bench.equal(true, driver.taken() - before > 20, "tokens enough to mean something");
        }
    });
}

TYPED_TEST(Sequencer, TheModeMayChangeAtAnyTime) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        bool pipelined = false;
        for (int i = 0; i < 10000; ++i) {
            pipelined = bench.chance(5) ? !pipelined : pipelined;
            driver.tick(pipelined, bench.chance(80), bench.chance(i % 1000 < 500 ? 100 : 3));
        }
        driver.drain(pipelined);
    });
}

// Resets in every cycle of a token and of those that follow it; then two tokens as after power-up. The host takes
// results in `ready` of 100 cycles: without any, two results are pending in the end, and a third token waits.
template <typename Build>
void reset_in_every_cycle(Bench<Build>& bench, bool pipelined, unsigned ready) {
    using Times = Schedule<Build>;
    Driver<Build> driver(bench);
    for (std::int64_t after = 0; after <= Times::kLatency + 2 * Times::kInterval; ++after) {
        for (std::int64_t i = 0; i < after; ++i) {
            driver.tick(pipelined, true, bench.chance(ready));
        }
        driver.reset(bench.chance(50));
        const bool next = bench.chance(50);
        const Edges edges = stream(bench, driver, next, 2);
        bench.equal(Times::kLatency, edges.taken[0] - edges.accepted[0], "latency after reset");
        bench.equal(next ? Times::kInterval : Times::kLatency, edges.accepted[1] - edges.accepted[0],
                    "interval after reset");
    }
}

TYPED_TEST(Sequencer, ResetInEveryCycleOfPipelinedTokensEmptiesItAtOnce) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        reset_in_every_cycle(bench, true, 100);
        reset_in_every_cycle(bench, true, 20);
    });
}

TYPED_TEST(Sequencer, ResetInEveryCycleOfSequentialTokensEmptiesItAtOnce) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        reset_in_every_cycle(bench, false, 100);
        reset_in_every_cycle(bench, false, 20);
    });
}

TYPED_TEST(Sequencer, ResetInEveryCycleWithPendingResultsForgetsThem) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        reset_in_every_cycle(bench, true, 0);
        reset_in_every_cycle(bench, false, 0);
    });
}

}  // namespace
}  // namespace gca::module_test
