// The closed loop against the functional engine and the reference, for every built geometry: bit for bit.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "sim/rtl_head.h"
#include "sim/run.h"
#include "sim/sequences.h"
#include "tests/loop_case.h"

namespace gca {
namespace {

RunResult run_engine(const Config& config, const Sequences& sequences, const LoopCase& c, Engine engine) {
    std::atomic<std::uint64_t> progress{0};
    return run(config, sequences,
               {.engine = engine,
                .mode = c.mode,
                .backpressure = c.backpressure,
                .window = c.window,
                .threads = 2,
                .seed = c.seed,
                .check = engine == Engine::rtl ? Check::always : Check::never,
                .trace = {}},
               progress);
}

std::string replay(const LoopCase& c, const Config& config, const Sequences& s, std::size_t head, std::size_t token) {
    const std::string base = keep_input(c, config, s);
    const std::size_t all = head * s.tokens + token;  // counted over the heads
    return fmt::format("replay: {} --check always --threads 1 --trace {}.fst --trace-head 0:{} --trace-tokens {}:{}",
                       command_of(c, base), base, head + 1, all - std::min<std::size_t>(all, 2), all + 1);
}

/// Without pauses of the host, every token takes the schedule's latency and follows its predecessor at its interval.
void expect_schedule(const LoopCase& c, const Config& config, const RtlTiming& timing) {
    const Schedule schedule = Schedule::of_levels(config.quantization.query_levels, config.quantization.output_levels);
    const unsigned interval = c.mode == Mode::pipelined ? schedule.interval() : schedule.latency();
    EXPECT_EQ(timing.min_latency, schedule.latency());
    EXPECT_EQ(timing.max_latency, schedule.latency());
    if (c.tokens > 1) {
        EXPECT_EQ(timing.min_interval, interval);
        EXPECT_EQ(timing.max_interval, interval);
    }
}

class ClosedLoop : public testing::TestWithParam<LoopCase> {};

TEST_P(ClosedLoop, RtlFunctionalAndReferenceAgreeToTheBit) {
    const LoopCase& c = GetParam();
    const Config config = configuration(c);
    const Sequences sequences = random_sequences(c, config.geometry.dim);
    const RunResult rtl = run_engine(config, sequences, c, Engine::rtl);
    const RunResult functional = run_engine(config, sequences, c, Engine::functional);

    const auto differs = std::mismatch(rtl.counts.begin(), rtl.counts.end(), functional.counts.begin()).first;
    if (differs != rtl.counts.end()) {
        const auto i = static_cast<std::size_t>(differs - rtl.counts.begin());
        const std::size_t head = i / sequences.dim / c.tokens;
        const std::size_t token = i / sequences.dim % c.tokens;
        ADD_FAILURE() << fmt::format("{}: head {}, token {}, output {}: functional {}, rtl {}\n", c.name(), head, token,
                                     i % sequences.dim, functional.counts[i], rtl.counts[i])
                      << replay(c, config, sequences, head, token);
    }
    ASSERT_EQ(rtl.y, functional.y);
    if (c.heads * c.tokens == 0) {
        return;
    }
    ASSERT_TRUE(rtl.check.done);
    ASSERT_EQ(rtl.check.outputs, rtl.counts.size());
    EXPECT_LT(rtl.check.near_threshold * 1000, rtl.check.outputs) << "too few outputs are compared";
    if (rtl.check.mismatches != 0) {
        const Mismatch& first = *rtl.check.first;
        const Location& location = *rtl.check.location;
        ADD_FAILURE() << fmt::format("{}, seed {}: head {}, token {}, output {}: expected {}, got {}\n{}\n", c.name(),
                                     c.seed, first.head, first.token, first.output, first.expected, first.got,
                                     location.difference ? format_difference(*location.difference) : location.why_not)
                      << replay(c, config, sequences, first.head, first.token);
    }
    if (c.backpressure == Backpressure::none) {
        expect_schedule(c, config, *rtl.timing);
    }
    EXPECT_EQ(rtl.statistics.phi_saturated, functional.statistics.phi_saturated);
    EXPECT_EQ(rtl.statistics.counts_saturated, functional.statistics.counts_saturated) << "the head's status counter";
    const auto nonzero = static_cast<std::size_t>(
        std::count_if(rtl.counts.begin(), rtl.counts.end(), [](std::int16_t count) { return count != 0; }));
    if (config.quantization.output_levels >= 16) {  // with few levels most counts are 0
        EXPECT_GT(nonzero * 10, rtl.counts.size()) << "a comparison of zeros proves nothing";
    }
}

TEST(Schedule, IsThePapersAtItsLevelCounts) {
    const Schedule schedule = Schedule::of_levels(16, 16);
    EXPECT_EQ(schedule.latency(), 65U);
    EXPECT_EQ(schedule.interval(), 30U);
}

/// Every built head with every combination of mode, back-pressure and leakage, and windows that wrap many times.
std::vector<LoopCase> all_cases() {
    std::vector<LoopCase> cases;
    for (const BuiltHead& head : built_heads()) {
        const std::size_t capacity = head.geometry.capacity();
        const bool large = capacity > 256;
        std::uint64_t seed = 1;
        for (const Mode mode : {Mode::sequential, Mode::pipelined}) {
            for (const Backpressure backpressure : kBackpressures) {
                for (const LeakageForm leakage : {LeakageForm::off, LeakageForm::voltage, LeakageForm::product}) {
                    const std::size_t window = large ? 150 : 0;
                    cases.push_back({.head = head.name,
                                     .mode = mode,
                                     .backpressure = backpressure,
                                     .leakage = leakage,
                                     .window = window,
                                     .tokens = large ? 5 * window + 3 : 5 * capacity + 3,
                                     .seed = seed++});
                }
            }
            cases.push_back({.head = head.name, .mode = mode, .window = 1, .tokens = 9, .seed = seed++});
            cases.push_back({.head = head.name,
                             .mode = mode,
                             .window = capacity > 2 ? capacity - 1 : 1,
                             .heads = 1,
                             .tokens = capacity + 20,
                             .seed = seed++});
            cases.push_back(
                {.head = head.name, .mode = mode, .cell = CellModel::linear, .heads = 3, .tokens = 40, .seed = seed++});
            cases.push_back({.head = head.name, .mode = mode, .heads = 20, .tokens = 1, .seed = seed++});
            cases.push_back({.head = head.name, .mode = mode, .heads = 2, .tokens = 0, .seed = seed++});
        }
        cases.push_back(
            {.head = head.name, .mode = Mode::pipelined, .heads = 2, .tokens = 2 * capacity + 7, .seed = seed++});
    }
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Built, ClosedLoop, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name(); });

}  // namespace
}  // namespace gca
