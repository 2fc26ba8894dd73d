// What happens when the host or the analog side does what it should not: rtl/README.md states it, these tests hold the
// head to it, with models in the loop, for every built geometry. Each ends with a sequence that must be right.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/rtl_head.h"
#include "tests/abused_loop.h"
#include "tests/loop_case.h"

namespace gca {
namespace {

class Abuse : public testing::TestWithParam<std::string> {
 public:
    [[nodiscard]] static LoopCase loop_case(std::uint64_t seed) { return {.head = GetParam(), .seed = seed}; }
    static void expect_work(const AbusedLoop& loop) {
        EXPECT_GT(loop.nonzero(), 0U) << "sums of zero prove nothing: " << loop.where();
    }
};

// ---- the host
// --------------------------------------------------------------------------------------------------------

TEST_P(Abuse, AHostThatNeverTakesLosesNothing) {
    AbusedLoop loop(loop_case(1));
    for (const bool pipelined : {false, true}) {
        const std::uint64_t accepted = loop.accepted();
        const std::uint64_t taken = loop.taken();
        std::vector<std::byte> first;
        for (std::uint64_t i = 0; i < 50 * loop.latency(); ++i) {
            loop.tick({.takes = false, .pipelined = pipelined, .new_sequence = loop.accepted() == accepted});
            if (*loop.pins().result_valid != 0) {
                const std::vector<std::byte> sum(loop.pins().sum.begin(), loop.pins().sum.end());
                first = first.empty() ? sum : first;
                ASSERT_EQ(sum, first) << loop.where();
            }
        }
        EXPECT_FALSE(first.empty()) << loop.where();
        EXPECT_EQ(loop.accepted() - accepted, pipelined ? 3U : 2U) << loop.where();
        EXPECT_EQ(*loop.pins().token_ready, 0U) << loop.where();
        EXPECT_EQ(*loop.pins().c2p1_reset & *loop.pins().c2p2_reset, 1U) << "the analog side rests: " << loop.where();
        loop.drain(pipelined);
        EXPECT_EQ(loop.taken() - taken, pipelined ? 3U : 2U) << loop.where();
        loop.expect_recovered();
    }
    expect_work(loop);
}

TEST_P(Abuse, AHostThatWithdrawsItsTokensIsServedWhatItOffersInTheCycleOfAcceptance) {
    AbusedLoop loop(loop_case(2));
    const std::size_t windows = std::bit_ceil(loop.config().geometry.capacity() + 1);  // that window_i can say
    for (std::size_t i = 0; i < 8000; ++i) {
        loop.tick({.offers = loop.chance(30),
                   .takes = loop.chance(60),
                   .pipelined = loop.chance(80),
                   .new_sequence = loop.chance(5),
                   .window = loop.draw() % windows});
    }
    loop.drain(false);
    EXPECT_GT(loop.taken(), 10U);
    loop.expect_recovered();
    expect_work(loop);
}

TEST_P(Abuse, AWindowThatChangesBetweenTokensCountsFromTheNextSequenceOn) {
    AbusedLoop loop(loop_case(3));
    const std::size_t columns = loop.config().geometry.capacity();
    for (const bool pipelined : {false, true}) {
        for (const std::size_t window : {std::min<std::size_t>(3, columns), std::size_t{1}, columns}) {
            loop.send({.pipelined = pipelined, .new_sequence = true, .window = window}, 1);
            for (std::size_t i = 0; i < std::min<std::size_t>(2 * window + 3, 60); ++i) {
                loop.send({.pipelined = pipelined, .window = loop.draw() % (columns + 1)}, 1);
            }
        }
        loop.drain(pipelined);
    }
    loop.expect_recovered();
    expect_work(loop);
}

TEST_P(Abuse, ANewSequenceInMidWindowSeesNothingOlder) {
    AbusedLoop loop(loop_case(4));
    const std::size_t columns = loop.config().geometry.capacity();
    for (std::size_t i = 0; i < 40; ++i) {
        const std::size_t window = 1 + loop.draw() % std::min<std::size_t>(columns, 12);
        // Cut off before the window is full, when it is just full, and after it has wrapped; older tokens in flight.
        const std::size_t tokens = 1 + loop.draw() % (2 * window);
        loop.send({.pipelined = loop.chance(70), .new_sequence = true, .window = window}, tokens);
    }
    loop.drain(true);
    loop.expect_recovered();
    expect_work(loop);
}

// ---- reset
// -----------------------------------------------------------------------------------------------------------

/// Tokens are sent, and `after` cycles later reset comes for one to three cycles, with the host still offering.
void reset_after(AbusedLoop& loop, std::uint64_t after, bool pipelined) {
    loop.send({.pipelined = pipelined, .new_sequence = true, .window = 2}, 3);
    for (std::uint64_t i = 0; i < after; ++i) {
        loop.tick({.takes = (after & 1U) != 0, .pipelined = pipelined});
    }
    for (std::uint64_t i = 0; i <= loop.draw() % 3; ++i) {
        loop.tick({.pipelined = pipelined, .reset = true});
    }
    EXPECT_EQ(*loop.pins().status_tokens, 0U) << loop.where();
    EXPECT_EQ(*loop.pins().result_valid, 0U) << loop.where();
    // The first token after reset begins a sequence without saying so, here over all columns.
    const std::uint64_t taken = loop.taken();
    loop.send({.pipelined = pipelined}, 3);
    loop.drain(pipelined);
    EXPECT_EQ(loop.taken() - taken, 3U) << loop.where();
    EXPECT_EQ(*loop.pins().status_tokens, 3U) << loop.where();
}

TEST_P(Abuse, AResetInMidTokenEndsAllTokensAndTheNextSequenceIsRight) {
    for (const bool pipelined : {false, true}) {
        AbusedLoop loop(loop_case(pipelined ? 5 : 6));
        const std::uint64_t cycles = loop.latency() + loop.schedule().interval();
        for (std::uint64_t after = 0; after <= cycles; ++after) {
            reset_after(loop, after, pipelined);
        }
        loop.expect_recovered();
        expect_work(loop);
    }
}

// ---- the analog side's pins
// ------------------------------------------------------------------------------------------

bool same_sign(std::size_t /*p*/, bool sign) {
    return sign;
}
bool same_level(std::size_t /*p*/, bool level, int /*sample*/) {
    return level;
}
int signed_count(int count, bool negative) {
    return negative ? -count : count;
}
/// Faulty pins: some of every sub-tile, in no order.
bool is_faulty(std::size_t p) {
    return p % 3 == 0 || p % 7 == 2;
}

PinFault stuck_pulse(bool level, int most) {
    return {.name = level ? "pulse stuck high" : "pulse stuck low",
            .pulse = [=](std::size_t p, bool was, int /*sample*/) { return is_faulty(p) ? level : was; },
            .sign = same_sign,
            .expect =
                [=](std::size_t p, int count, bool negative) {
                    return signed_count(!is_faulty(p) ? count : level ? most : 0, negative);
                }};
}

PinFault stuck_sign(bool level) {
    return {.name = level ? "sign stuck negative" : "sign stuck positive",
            .pulse = same_level,
            .sign = [=](std::size_t p, bool was) { return is_faulty(p) ? level : was; },
            .expect = [=](std::size_t p, int count,
                          bool negative) { return signed_count(count, is_faulty(p) ? level : negative); }};
}

/// One sample of each emission is inverted: a count more where the pulse was over, a count less where it was not.
PinFault glitch(int at) {
    return {.name = fmt::format("sample {} inverted", at),
            .pulse = [=](std::size_t p, bool was, int sample) { return (is_faulty(p) && sample == at) != was; },
            .sign = same_sign,
            .expect =
                [=](std::size_t p, int count, bool negative) {
                    return signed_count(count + (!is_faulty(p) ? 0 : count > at ? -1 : 1), negative);
                }};
}

/// Pulses wherever nothing is emitted.
PinFault noise_outside() {
    return {.name = "pulses outside the emit phase",
            .pulse = [](std::size_t p, bool was, int sample) { return was || (is_faulty(p) && sample < 0); },
            .sign = same_sign,
            .expect = [](std::size_t /*p*/, int count, bool negative) { return signed_count(count, negative); }};
}

/// Every pulse pin is inverted for a moment after each edge of the clock.
PinFault spikes_between_edges() {
    return {.name = "spikes between the edges",
            .pulse = same_level,
            .sign = same_sign,
            .expect = [](std::size_t /*p*/, int count, bool negative) { return signed_count(count, negative); },
            .spikes = true};
}

/// A few sequences under `fault`, on the schedule of a sound analog side; then one without it.
void run_faulty(AbusedLoop& loop, const PinFault& fault) {
    for (const bool pipelined : {false, true}) {
        loop.set_fault(&fault);
        const std::uint64_t interval = pipelined ? loop.schedule().interval() : loop.latency();
        const std::uint64_t taken = loop.taken();
        loop.send({.pipelined = pipelined, .new_sequence = true}, 1);
        for (std::uint64_t i = 0; i < 5 * interval; ++i) {
            loop.tick({.pipelined = pipelined});
        }
        loop.drain(pipelined);
        EXPECT_EQ(loop.taken() - taken, 6U) << "the schedule is the same: " << loop.where();
        loop.set_fault(nullptr);
        loop.expect_recovered();
    }
}

TEST_P(Abuse, PinsThatAreStuckGiveZeroOrFullCountsOrTheOtherSignAtTheirOutputsAlone) {
    AbusedLoop loop(loop_case(7));
    const int most = static_cast<int>(loop.config().quantization.output_levels) - 1;
    for (const PinFault& fault :
         {stuck_pulse(false, most), stuck_pulse(true, most), stuck_sign(false), stuck_sign(true)}) {
        const std::uint64_t reached = loop.reached();
        run_faulty(loop, fault);
        EXPECT_GT(loop.reached(), reached) << "the fault changed nothing: " << loop.where();
    }
    expect_work(loop);
}

TEST_P(Abuse, AGlitchAtASamplingEdgeIsOneCount) {
    AbusedLoop loop(loop_case(8));
    const int samples = static_cast<int>(loop.config().quantization.output_levels) - 1;
    for (int at = 0; at < samples; at += std::max(1, samples / 5)) {
        const std::uint64_t reached = loop.reached();
        run_faulty(loop, glitch(at));
        EXPECT_GT(loop.reached(), reached) << "the fault changed nothing: " << loop.where();
    }
    expect_work(loop);
}

TEST_P(Abuse, PulsesOutsideTheEmitPhaseAndSpikesBetweenTheEdgesCountNothing) {
    AbusedLoop loop(loop_case(9));
    for (const PinFault& fault : {noise_outside(), spikes_between_edges()}) {
        run_faulty(loop, fault);
    }
    EXPECT_EQ(loop.reached(), 0U);
    expect_work(loop);
}

INSTANTIATE_TEST_SUITE_P(Built, Abuse, testing::ValuesIn([] {
                             std::vector<std::string> names;
                             for (const BuiltHead& head : built_heads()) {
                                 names.push_back(head.name);
                             }
                             return names;
                         }()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace gca
