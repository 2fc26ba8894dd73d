// A head with one fault at its pins: `gca run` and `gca explain` name the stage, the place and the cycle.
//
// This program has its own list of built heads, with one: the tiny head inside a wrapper that alters some pins for one
// token. The seed of the run chooses the fault.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "sim/bits.h"
#include "sim/explain.h"
#include "sim/report.h"
#include "sim/rtl_head.h"
#include "sim/run.h"

namespace gca {

std::unique_ptr<RtlHead> make_head_tiny(int seed);

namespace {

enum class Fault : int {
    none,
    key_column,    ///< S0: the key is written to the column before
    value_code,    ///< S0: a bit of the DACs of the V array is stuck
    query_pulse,   ///< S1: the pulses begin a cycle late
    valid,         ///< S3: a column without a token emits
    output_pulse,  ///< S6: a pulse comes in a cycle short
    output_sign,   ///< S6: a sign comes in wrong
    sum,           ///< S7
    delivered,     ///< S8: the result register changes before the host takes it
    two_columns,   ///< a breach of the boundary's contract
};

constexpr std::size_t kDim = 8;
constexpr std::size_t kToken = 5;
constexpr std::size_t kLatency = 65;
/// Sequential, no back-pressure, after three cycles of reset.
constexpr std::uint64_t kAccepted = 3 + kLatency * kToken;

/// The pins of an inner head, copied at each eval, and altered on the way.
class FaultyHead final : public RtlHead {
 public:
    explicit FaultyHead(int seed) : fault_(static_cast<Fault>(seed)), inner_(make_head_tiny(1)) {
        HeadPins pins = inner_->pins();
        const HeadPins& inner = inner_->pins();
        pins.pulse = own(pulse_, inner.pulse);
        pins.sign = own(sign_, inner.sign);
        pins.k_discharge = own(k_discharge_, inner.k_discharge);
        pins.k_write = own(k_write_, inner.k_write);
        pins.v_dac = own(v_dac_, inner.v_dac);
        pins.k_pulse = own(k_pulse_, inner.k_pulse);
        pins.c2p1_valid = own(valid_, inner.c2p1_valid);
        pins.sum = own(sum_, inner.sum);
        set_pins(pins);
    }

    void eval() override {
        const HeadPins& inner = inner_->pins();
        const bool clk = *inner.clk != 0;
        cycles_ += clk && !was_clk_ ? 1U : 0U;
        was_clk_ = clk;

        std::copy(pulse_.begin(), pulse_.end(), inner.pulse.begin());
        std::copy(sign_.begin(), sign_.end(), inner.sign.begin());
        if (fault_ == Fault::output_pulse && is_in(46, 46)) {
            std::fill(inner.pulse.begin(), inner.pulse.end(), std::byte{0});
        }
        if (fault_ == Fault::output_sign && is_in(45, 64)) {
            std::transform(sign_.begin(), sign_.end(), inner.sign.begin(), [](std::byte b) { return ~b; });
        }
        inner_->eval();

        copy(inner.k_discharge, k_discharge_);
        copy(inner.k_write, k_write_);
        copy(inner.v_dac, v_dac_);
        copy(inner.k_pulse, k_pulse_);
        copy(inner.c2p1_valid, valid_);
        copy(inner.sum, sum_);
        alter();
    }

    bool rise(std::uint64_t time_ps) override {
        *inner_->pins().clk = 1;
        eval();
        return inner_->rise(time_ps);
    }

    void open_trace(const std::filesystem::path& file, TraceSignals& extra) override {
        inner_->open_trace(file, extra);
    }
    void dump(std::uint64_t time_ps) override { inner_->dump(time_ps); }
    std::vector<std::byte> save() override { return inner_->save(); }
    void restore(std::span<const std::byte> state) override { inner_->restore(state); }
    void close_trace() override { inner_->close_trace(); }

 private:
    using Bits = std::vector<std::byte>;

    static std::span<std::byte> own(Bits& bits, std::span<const std::byte> inner) {
        bits.assign(inner.begin(), inner.end());
        return bits;
    }
    static void copy(std::span<const std::byte> from, Bits& to) { std::copy(from.begin(), from.end(), to.begin()); }
    static void shift(Bits& bits) { store_word(bits, 0, load_word(bits, 0) >> 1U); }
    static void flip(Bits& bits, std::size_t bit) { bits[bit / 8] ^= std::byte{1} << (bit % 8); }

    /// Whether the token with the fault was accepted so many cycles ago.
    [[nodiscard]] bool is_in(std::uint64_t first, std::uint64_t last) const {
        const std::uint64_t cycle = cycles_ - 1;
        return cycle >= kAccepted + first && cycle <= kAccepted + last;
    }

    void alter() {
        if (fault_ == Fault::key_column && is_in(0, 14)) {
            shift(k_discharge_);
            shift(k_write_);
        } else if (fault_ == Fault::value_code && is_in(15, 29)) {
            flip(v_dac_, 3 * 2 + 2);
        } else if (fault_ == Fault::query_pulse && is_in(15, 15)) {
            std::fill(k_pulse_.begin(), k_pulse_.end(), std::byte{0});
        } else if (fault_ == Fault::valid && is_in(30, 44)) {
            flip(valid_, kToken + 2);
        } else if (is_in(64, 64) && (fault_ == Fault::sum || (fault_ == Fault::delivered && !was_clk_))) {
            flip(sum_, 0);
        } else if (fault_ == Fault::two_columns && is_in(7, 7)) {
            flip(k_write_, 0);
        }
    }

    Fault fault_;
    std::unique_ptr<RtlHead> inner_;
    std::uint64_t cycles_ = 0;
    bool was_clk_ = false;
    Bits pulse_;
    Bits sign_;
    Bits k_discharge_;
    Bits k_write_;
    Bits v_dac_;
    Bits k_pulse_;
    Bits valid_;
    Bits sum_;
};

std::unique_ptr<RtlHead> make_faulty(int seed) {
    return std::make_unique<FaultyHead>(seed);
}

}  // namespace

const std::vector<BuiltHead>& built_heads() {
    static const std::vector<BuiltHead> heads{{"tiny", {kDim, 8, 2}, 16, 8, 16, Readout::counters, &make_faulty}};
    return heads;
}

namespace {

class FaultTest : public testing::Test {
 public:
    FaultTest() {
        config.geometry = {.dim = kDim, .tile_tokens = 8, .tiles = 2};
        config.charge_to_pulse = {.s_sat = 40.0, .a_sat = 5.0};
        sequences = {.heads = 1, .tokens = 12, .dim = kDim, .q = {}, .k = {}, .v = {}};
        std::mt19937_64 random(1);
        const auto fill = [&](std::vector<double>& values, double least, double greatest) {
            std::uniform_real_distribution<double> uniform(least, greatest);
            values.resize(sequences.tokens * kDim);
            std::generate(values.begin(), values.end(), [&] { return uniform(random); });
        };
        fill(sequences.q, 0.0, 1.0);
        fill(sequences.k, 0.3, kSupplyV);  // mostly positive scores
        fill(sequences.v, 0.0, kSupplyV);
    }

    [[nodiscard]] static RunOptions options(Fault fault) {
        RunOptions options;
        options.seed = static_cast<std::uint64_t>(fault);
        options.check = Check::always;
        options.threads = 1;
        return options;
    }

    [[nodiscard]] RunResult run_with(Fault fault) const {
        std::atomic<std::uint64_t> progress{0};
        return run(config, sequences, options(fault), progress);
    }

    /// The run's first mismatch is of the token with the fault; the difference that explains it.
    [[nodiscard]] Difference found(Fault fault) const {
        const RunResult result = run_with(fault);
        if (!result.check.first || !result.check.location || !result.check.location->difference) {
            ADD_FAILURE() << "nothing found: "
                          << (result.check.location ? result.check.location->why_not : "no mismatch");
            return {};
        }
        const Mismatch& first = *result.check.first;
        EXPECT_EQ(first.token, kToken);
        const Difference difference = *result.check.location->difference;
        const std::string table = format_table(config, sequences, options(fault), result);
        EXPECT_NE(table.find(format_difference(difference)), std::string::npos) << table;

        const Explanation e =
            explain(config, sequences, options(fault), {.head = 0, .token = first.token, .output = first.output});
        EXPECT_TRUE(e.difference);
        EXPECT_FALSE(e.elsewhere);
        EXPECT_EQ(format_difference(*e.difference), format_difference(difference));
        EXPECT_EQ(e.expected_sum, first.expected);
        EXPECT_EQ(e.got.delivered.at(first.output), first.got);
        return difference;
    }

    static std::uint64_t after(std::uint64_t cycles) { return kAccepted + cycles; }

    Config config;
    Sequences sequences;
};

TEST_F(FaultTest, WithoutAFaultAllAgree) {
    const RunResult result = run_with(Fault::none);
    EXPECT_EQ(result.check.mismatches, 0U);
    EXPECT_FALSE(result.check.location);
}

TEST_F(FaultTest, ColumnOfTheKeyIsS0) {
    const Difference d = found(Fault::key_column);
    EXPECT_EQ(format_difference(d),
              fmt::format("cycle {}, stage S0 (write), K array, token 5: expected column 5, got column 4", after(14)));
}

TEST_F(FaultTest, CodeOfTheValueIsS0) {
    const Difference d = found(Fault::value_code);
    EXPECT_EQ(stage_label(d.stage), "S0");
    EXPECT_EQ(format_place(d), "V array, column 5, token 5, row 2");
    EXPECT_EQ(d.cycle, after(29));
    EXPECT_EQ(std::abs(d.expected - d.got.value()), 4.0);
}

TEST_F(FaultTest, LatePulseOfTheQueryIsS1) {
    const Difference d = found(Fault::query_pulse);
    EXPECT_EQ(stage_label(d.stage), "S1");
    EXPECT_EQ(format_place(d), "row 0");
    EXPECT_EQ(d.cycle, after(30));
    EXPECT_EQ(d.expected - d.got.value(), 1.0);
}

TEST_F(FaultTest, PulseOfAnUnusedColumnIsS3) {
    const Difference d = found(Fault::valid);
    EXPECT_EQ(stage_label(d.stage), "S3");
    EXPECT_EQ(format_place(d), "column 7 (holds no token of the sequence)");
    EXPECT_EQ(d.cycle, after(30));
    EXPECT_EQ(d.expected, 0.0);
}

TEST_F(FaultTest, ShortPulseOfTheOutputIsS6) {
    const Difference d = found(Fault::output_pulse);
    EXPECT_EQ(stage_label(d.stage), "S6");
    EXPECT_EQ(d.tile, 0U);
    EXPECT_EQ(d.cycle, after(62));
    EXPECT_EQ(std::abs(d.expected) - std::abs(d.got.value()), 1.0);
}

TEST_F(FaultTest, WrongSignIsS6) {
    const Difference d = found(Fault::output_sign);
    EXPECT_EQ(stage_label(d.stage), "S6");
    EXPECT_EQ(d.tile, 0U);
    EXPECT_EQ(d.cycle, after(62));
    EXPECT_EQ(d.expected, -d.got.value());
}

TEST_F(FaultTest, WrongSumIsS7) {
    const Difference d = found(Fault::sum);
    EXPECT_EQ(stage_label(d.stage), "S7");
    EXPECT_EQ(format_place(d), "output 0");
    EXPECT_EQ(d.cycle, after(64));
}

TEST_F(FaultTest, SumThatChangesBeforeItIsTakenIsS8) {
    const Difference d = found(Fault::delivered);
    EXPECT_EQ(stage_label(d.stage), "S8");
    EXPECT_EQ(format_place(d), "output 0");
    EXPECT_EQ(d.cycle, after(65));
}

TEST_F(FaultTest, DifferenceOfAnotherOutputIsToldApart) {
    const Explanation e =
        explain(config, sequences, options(Fault::sum), {.head = 0, .token = kToken, .output = kDim - 1});
    ASSERT_TRUE(e.difference);
    EXPECT_TRUE(e.elsewhere);
    EXPECT_EQ(format_place(*e.difference), "output 0");
}

TEST_F(FaultTest, ReportHasTheDifference) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / fmt::format("gca_fault_{}.json", getpid());
    const RunResult result = run_with(Fault::sum);
    write_report(file, config, sequences, options(Fault::sum), result);
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    std::filesystem::remove(file);
    const nlohmann::json first = nlohmann::json::parse(text.str())["check"]["first"];
    EXPECT_EQ(first["token"], kToken);
    EXPECT_EQ(first["difference"]["stage"], "S7");
    EXPECT_EQ(first["difference"]["cycle"], after(64));
    EXPECT_EQ(first["difference"]["output"], first["output"]);
    EXPECT_EQ(first["difference"]["expected"], first["expected"]);
    EXPECT_EQ(first["difference"]["got"], first["got"]);
}

TEST_F(FaultTest, BreachOfTheContractNamesHeadAndToken) {
    try {
        (void)run_with(Fault::two_columns);
        FAIL() << "no breach";
    } catch (const BoundaryError& error) {
        EXPECT_EQ(std::string(error.what()),
                  fmt::format("analog boundary, cycle {}: more than one write line of the K array is high; head 0, "
                              "token 5 in flight",
                              after(7)));
    }
}

}  // namespace
}  // namespace gca
