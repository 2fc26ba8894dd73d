// Runs that are saved and resumed, for every built geometry: to the bit and to the cycle those that were not
// interrupted.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "behavioral/error.h"
#include "sim/rtl_head.h"
#include "sim/run.h"
#include "sim/sequences.h"
#include "tests/loop_case.h"

namespace gca {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// The values of the tokens from `first` on.
template <typename Value>
std::vector<Value> tail(const std::vector<Value>& values, const Sequences& s, std::size_t first) {
    std::vector<Value> rest;
    for (std::size_t head = 0; head < s.heads; ++head) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(head * s.tokens * s.dim);
        rest.insert(rest.end(), begin + static_cast<std::ptrdiff_t>(first * s.dim),
                    begin + static_cast<std::ptrdiff_t>(s.tokens * s.dim));
    }
    return rest;
}

/// What must be equal of two runs besides their outputs.
std::string figures(const RunResult& result) {
    const RtlTiming& t = *result.timing;
    return fmt::format("cycles {}, tokens {}, latency {} to {}, interval {} to {}, saturated {} and {}", t.cycles,
                       t.tokens, t.min_latency, t.max_latency, t.min_interval, t.max_interval,
                       result.statistics.phi_saturated, result.statistics.counts_saturated);
}

class Resume : public testing::TestWithParam<LoopCase> {
 protected:
    void SetUp() override {
        const fs::path base = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : fs::temp_directory_path();
        std::string name = (base / "gca_resume_XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    [[nodiscard]] fs::path file(const std::string& name) const { return folder_ / name; }

    static RunOptions options(const LoopCase& c) {
        return {.mode = c.mode,
                .backpressure = c.backpressure,
                .window = c.window,
                .threads = 2,
                .seed = c.seed,
                .check = Check::never,
                .trace = {}};
    }

    [[nodiscard]] RunResult start(const RunOptions& options) const {
        std::atomic<std::uint64_t> progress{0};
        return run(config_, sequences_, options, progress);
    }
    /// Saves after `tokens` results.
    [[nodiscard]] RunResult save(RunOptions options, std::size_t tokens, const std::string& name) const {
        options.checkpoint = {.tokens = tokens, .file = file(name)};
        return start(options);
    }
    /// Resumes, and compares all outputs with the reference.
    [[nodiscard]] RunResult resume(RunOptions options, const std::string& name) const {
        options.resume = file(name);
        options.check = Check::always;
        return start(options);
    }

    void expect_end_of(const RunResult& whole, const RunResult& resumed, std::size_t first) const {
        EXPECT_EQ(resumed.first_token, first);
        EXPECT_EQ(resumed.counts, tail(whole.counts, sequences_, first));
        EXPECT_EQ(resumed.y, tail(whole.y, sequences_, first));
        if (first < sequences_.tokens) {
            EXPECT_TRUE(resumed.check.done);
        }
        EXPECT_EQ(resumed.check.outputs, resumed.counts.size());
        EXPECT_EQ(resumed.check.mismatches, 0);
    }

    /// The numbers of tokens after which runs are saved: the first, with half a window, around the window's wrap, the
    /// last two.
    [[nodiscard]] std::set<std::size_t> points() const {
        const std::size_t window = GetParam().window == 0 ? config_.geometry.capacity() : GetParam().window;
        std::set<std::size_t> all{1, window / 2, window, window + 1, sequences_.tokens - 1, sequences_.tokens};
        all.erase(0);
        return all;
    }

    [[nodiscard]] std::string replay(std::size_t tokens) const {
        const std::string base = keep_input(GetParam(), config_, sequences_);
        const std::string command = command_of(GetParam(), base);
        return fmt::format("replay: {0} --checkpoint-at {1} {2}.state && {0} --resume {2}.state --check always",
                           command, tokens, base);
    }

    // NOLINTBEGIN(misc-non-private-member-variables-in-classes): a fixture's, its tests derive from it
    Config config_ = configuration(GetParam());
    Sequences sequences_ = random_sequences(GetParam(), config_.geometry.dim);
    fs::path folder_;
    // NOLINTEND(misc-non-private-member-variables-in-classes)
};

TEST_P(Resume, GoesOnAsIfTheRunHadNotStopped) {
    const RunOptions plain = options(GetParam());
    const RunResult whole = start(plain);
    for (const std::size_t tokens : points()) {
        SCOPED_TRACE(fmt::format("{}, saved after {} tokens", GetParam().name(), tokens));
        const RunResult saved = save(plain, tokens, "state");
        EXPECT_EQ(saved.counts, whole.counts);
        EXPECT_EQ(saved.y, whole.y);
        EXPECT_EQ(figures(saved), figures(whole));
        EXPECT_EQ(saved.timing->cycles_before, 0);
        const RunResult resumed = resume(plain, "state");
        expect_end_of(whole, resumed, tokens);
        EXPECT_EQ(figures(resumed), figures(whole));
        EXPECT_GT(resumed.timing->cycles_before, 0);
        if (HasFailure()) {
            FAIL() << replay(tokens);
        }
    }
}

TEST_P(Resume, ReachesTheSameStateAgain) {
    const RunOptions plain = options(GetParam());
    const std::set<std::size_t> all = points();
    (void)save(plain, *all.begin(), "first");
    for (const std::size_t tokens : all) {
        if (tokens == *all.begin()) {
            continue;
        }
        RunOptions from_first = plain;
        from_first.resume = file("first");
        from_first.threads = 1;
        (void)save(plain, tokens, "direct");
        (void)save(from_first, tokens, "resumed");
        ASSERT_EQ(bytes_of(file("direct")).size(), bytes_of(file("resumed")).size());
        ASSERT_TRUE(bytes_of(file("direct")) == bytes_of(file("resumed"))) << replay(tokens);
    }
}

TEST_P(Resume, AnotherHostGetsTheSameResults) {
    const RunOptions plain = options(GetParam());
    const RunResult whole = start(plain);
    for (const std::size_t tokens : points()) {
        (void)save(plain, tokens, "state");
        RunOptions other = plain;
        other.mode = plain.mode == Mode::sequential ? Mode::pipelined : Mode::sequential;
        other.backpressure = plain.backpressure == Backpressure::none ? Backpressure::random : Backpressure::none;
        other.seed = plain.seed + 1;
        other.threads = 1;
        expect_end_of(whole, resume(other, "state"), tokens);
        RunOptions other_pauses = plain;
        other_pauses.seed = plain.seed + 1;
        expect_end_of(whole, resume(other_pauses, "state"), tokens);
    }
}

TEST_P(Resume, OtherTokensMayFollow) {
    const RunOptions plain = options(GetParam());
    const std::size_t tokens = sequences_.tokens / 2;
    (void)save(plain, tokens, "state");
    const Sequences first = sequences_;
    LoopCase longer = GetParam();
    longer.tokens += 5;
    longer.seed += 100;
    sequences_ = random_sequences(longer, config_.geometry.dim);
    // More tokens than these have not been accepted when the host has taken `tokens` results.
    const std::size_t kept = std::min(tokens + RtlEngine::kInFlight - 1, first.tokens);
    for (std::size_t head = 0; head < first.heads; ++head) {
        const auto keep = [&](const std::vector<double>& from, std::vector<double>& to) {
            std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(head * first.tokens * first.dim), kept * first.dim,
                        to.begin() + static_cast<std::ptrdiff_t>(head * sequences_.tokens * sequences_.dim));
        };
        keep(first.q, sequences_.q);
        keep(first.k, sequences_.k);
        keep(first.v, sequences_.v);
    }
    const RunResult whole = start(plain);
    const RunResult resumed = resume(plain, "state");
    expect_end_of(whole, resumed, tokens);
    EXPECT_EQ(figures(resumed), figures(whole));
}

/// Every built head in both modes, with every back-pressure; leakage by turns.
std::vector<LoopCase> all_cases() {
    std::vector<LoopCase> cases;
    for (const BuiltHead& head : built_heads()) {
        const std::size_t capacity = head.geometry.capacity();
        const bool large = capacity > 256;
        std::uint64_t seed = 1;
        for (const Mode mode : {Mode::sequential, Mode::pipelined}) {
            for (const Backpressure backpressure : kBackpressures) {
                const bool whole_window = !large || backpressure == Backpressure::random;
                constexpr std::array kLeakages{LeakageForm::voltage, LeakageForm::product, LeakageForm::off};
                cases.push_back({.head = head.name,
                                 .mode = mode,
                                 .backpressure = backpressure,
                                 .leakage = kLeakages.at(seed % kLeakages.size()),
                                 .window = whole_window ? 0U : 70U,
                                 .heads = large ? 2U : 3U,
                                 .tokens = whole_window ? capacity + 20 : 100,
                                 .seed = seed});
                ++seed;
            }
        }
    }
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Built, Resume, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name(); });

}  // namespace
}  // namespace gca
