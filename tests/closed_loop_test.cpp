// The closed loop against the functional engine and the reference, for every built geometry: bit for bit.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "sim/config_file.h"
#include "sim/npz.h"
#include "sim/rtl_head.h"
#include "sim/run.h"
#include "sim/sequences.h"

namespace gca {
namespace {

struct LoopCase {
    std::string head;
    Mode mode = Mode::sequential;
    Backpressure backpressure = Backpressure::none;
    LeakageForm leakage = LeakageForm::voltage;
    CellModel cell = CellModel::cubic;
    std::size_t window = 0;  ///< 0: the capacity
    std::size_t heads = 2;
    std::size_t tokens = 0;
    std::uint64_t seed = 1;

    [[nodiscard]] std::string name() const {
        return fmt::format("{}_{}_{}_{}_{}_window{}_heads{}_tokens{}_seed{}", head, to_string(mode),
                           to_string(backpressure), to_string(leakage), to_string(cell), window, heads, tokens, seed);
    }
};

void PrintTo(const LoopCase& c, std::ostream* out) {
    *out << c.name();
}

const BuiltHead& built(const std::string& name) {
    const auto& heads = built_heads();
    return *std::find_if(heads.begin(), heads.end(), [&](const BuiltHead& head) { return head.name == name; });
}

Config configuration(const LoopCase& c) {
    const BuiltHead& head = built(c.head);
    Config config;
    config.geometry = head.geometry;
    config.quantization.query_levels = head.query_levels;
    config.quantization.store_levels = head.store_levels;
    config.quantization.output_levels = head.output_levels;
    config.cell.model = c.cell;
    // Fewer rows and columns add up to less charge: full scale follows, so that small heads use their range too.
    config.charge_to_pulse.s_sat *= static_cast<double>(config.geometry.dim) / 64.0;
    config.charge_to_pulse.a_sat *= static_cast<double>(config.geometry.tile_tokens) / 64.0;
    config.leakage.form = c.leakage;
    config.leakage.decay_per_token = 0.01;  // strong enough to show within a few tokens
    return config;
}

/// Random tokens; every seventh value lies at an end of its range.
Sequences random_sequences(const LoopCase& c, std::size_t dim) {
    Sequences s{.heads = c.heads, .tokens = c.tokens, .dim = dim, .q = {}, .k = {}, .v = {}};
    std::mt19937_64 random(c.seed);
    const auto fill = [&](std::vector<double>& values, double full_scale) {
        std::normal_distribution<double> normal(0.5, 0.35);
        std::uniform_int_distribution<int> pick(0, 6);
        values.resize(c.heads * c.tokens * dim);
        for (double& x : values) {
            x = full_scale *
                (pick(random) == 0 ? static_cast<double>(random() & 1U) : std::clamp(normal(random), 0.0, 1.0));
        }
    };
    fill(s.q, 1.0);
    fill(s.k, kSupplyV);
    fill(s.v, kSupplyV);
    return s;
}

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

/// Keeps the failing input and says how to run just that, with a trace.
std::string replay(const LoopCase& c, const Config& config, const Sequences& s) {
    const std::filesystem::path folder = std::filesystem::temp_directory_path();
    const std::string base = (folder / ("gca_" + c.name())).string();
    std::ofstream(base + ".toml") << print_config(config);
    const auto narrow = [](const std::vector<double>& values) {
        return std::vector<float>(values.begin(), values.end());
    };
    const std::vector<float> q = narrow(s.q);
    const std::vector<float> k = narrow(s.k);
    const std::vector<float> v = narrow(s.v);
    NpzWriter writer(base + ".npz");
    writer.add("q", q, {s.heads, s.tokens, s.dim});
    writer.add("k", k, {s.heads, s.tokens, s.dim});
    writer.add("v", v, {s.heads, s.tokens, s.dim});
    writer.finish();
    const std::string window = c.window == 0 ? "" : fmt::format(" --window {}", c.window);
    return fmt::format(
        "replay: build/gca run --config {0}.toml --input {0}.npz --mode {1} --backpressure {2} --seed {3}{4} --check "
        "always --threads 1 --trace {0}.fst",
        base, to_string(c.mode), to_string(c.backpressure), c.seed, window);
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
        const std::size_t d = sequences.dim;
        ADD_FAILURE() << fmt::format("{}: head {}, token {}, stage S7, output {}: functional {}, rtl {}\n", c.name(),
                                     i / d / c.tokens, i / d % c.tokens, i % d, functional.counts[i], rtl.counts[i])
                      << replay(c, config, sequences);
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
        ADD_FAILURE() << fmt::format("{}: head {}, token {}, output {}: reference {}, rtl {}\n", c.name(), first.head,
                                     first.token, first.output, first.expected, first.got)
                      << replay(c, config, sequences);
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
