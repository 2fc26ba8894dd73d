// A head and its analog side in closed loop, with a host that may do anything and faults at the pins between the two.
// Every result is compared as it is taken.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "behavioral/codec.h"
#include "behavioral/reference.h"
#include "behavioral/time_base.h"
#include "sim/analog_bridge.h"
#include "sim/bits.h"
#include "tests/loop_case.h"

namespace gca {

/// A fault between the analog side and ana_pulse_i, ana_sign_i. Pin `p` is output p % Dim of sub-tile p / Dim.
struct PinFault {
    std::string name;
    /// The level that arrives for `level`, at the edge that takes sample number `sample` of an emit phase; -1: no
    /// sample.
    std::function<bool(std::size_t p, bool level, int sample)> pulse;
    std::function<bool(std::size_t p, bool sign)> sign;
    /// What the head must make of it: the signed count for an emission of `count`, whose sign is negative if
    /// `negative`.
    std::function<int(std::size_t p, int count, bool negative)> expect;
    /// The pulse pins are inverted for a moment in each half of the clock.
    bool spikes = false;
};

/// What the host does in one cycle.
struct HostCycle {
    bool offers = true;
    bool takes = true;
    bool pipelined = true;
    bool new_sequence = false;
    std::size_t window = 0;  ///< 0, or more than the capacity: all columns
    bool reset = false;
};

class AbusedLoop : private AnalogObserver {
 public:
    explicit AbusedLoop(const LoopCase& c)
        : config_(configuration(c)),
          name_(c.name()),
          random_(c.seed),
          head_(built(c.head).make(static_cast<int>(c.seed))),
          pins_(head_->pins()),
          pulse_(pins_.pulse.size(), std::byte{0}),
          sign_(pins_.sign.size(), std::byte{0}),
          bridge_(config_, analog_pins()),
          codes_(config_.geometry.dim, 0) {
        bridge_.observe(this);
        head_->eval();
        tick({.offers = false, .reset = true});
        tick({.offers = false});
    }

    /// One clock cycle. The token's values are drawn anew in each, whether it is offered or not.
    void tick(const HostCycle& host) {
        drive(host);
        head_->eval();
        const bool accepted = host.offers && !host.reset && *pins_.token_ready != 0;
        const bool taken = host.takes && !host.reset && *pins_.result_valid != 0;
        if (taken) {
            take();
        }
        EXPECT_TRUE(head_->rise(cycle_ * 1000)) << where();
        if (host.reset) {
            forget();
        } else if (accepted) {
            accept(host);
        }
        bridge_.step(cycle_);
        sample_ = *pins_.c2p2_emit != 0 ? sample_ + 1 : -1;
        spike();
        *pins_.clk = 0;
        head_->eval();
        connect();
        spike();
        ++cycle_;
    }

    /// `tokens` more, each offered until it is accepted; the first with `host`'s new_sequence.
    void send(HostCycle host, std::size_t tokens) {
        for (std::size_t i = 0; i < tokens; ++i) {
            const std::uint64_t before = accepted_;
            const std::uint64_t patience = cycle_ + 4 * latency();
            while (accepted_ == before && cycle_ < patience) {
                tick(host);
            }
            EXPECT_NE(accepted_, before) << where() << ": a token is not accepted for four latencies";
            host.new_sequence = false;
        }
    }

    /// Until all results have been taken and the status is settled.
    void drain(bool pipelined) {
        const std::uint64_t patience = cycle_ + 4 * latency();
        while (!in_flight_.empty() && cycle_ < patience) {
            tick({.offers = false, .pipelined = pipelined});
        }
        EXPECT_TRUE(in_flight_.empty()) << where() << ": results are missing";
        for (unsigned i = 0; i < schedule().interval(); ++i) {
            tick({.offers = false, .pipelined = pipelined});
        }
        EXPECT_EQ(full_, *pins_.status_saturated) << "S8 status_saturated_o, " << where();
    }

    /// A sequence of its own, from a head that is empty, after which the head is empty again.
    void expect_recovered() {
        const std::uint64_t before = taken_;
        const bool pipelined = (random_() & 1U) != 0;
        send({.pipelined = pipelined, .new_sequence = true, .window = 5}, 8);
        drain(pipelined);
        EXPECT_EQ(taken_ - before, 8U) << where();
    }

    void set_fault(const PinFault* fault) { fault_ = fault; }
    std::uint64_t draw() { return random_(); }
    bool chance(unsigned percent) { return random_() % 100 < percent; }

    [[nodiscard]] std::uint64_t latency() const { return schedule().latency(); }
    [[nodiscard]] Schedule schedule() const {
        return Schedule::of_levels(config_.quantization.query_levels, config_.quantization.output_levels);
    }
    [[nodiscard]] const Config& config() const { return config_; }
    [[nodiscard]] const HeadPins& pins() const { return pins_; }
    [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
    [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
    [[nodiscard]] std::uint64_t taken() const { return taken_; }
    [[nodiscard]] std::uint64_t reached() const { return reached_; }  ///< counts that a fault has changed
    [[nodiscard]] std::uint64_t nonzero() const { return nonzero_; }

    [[nodiscard]] std::string where() const {
        return fmt::format("{}, token {}, cycle {}{}\nreplay: {} --gtest_filter={}", name_, taken_, cycle_,
                           fault_ != nullptr ? ", fault: " + fault_->name : "", program(), test());
    }

 private:
    struct InFlight {
        std::uint64_t number = 0;
        std::vector<std::int32_t> reference;  ///< [dim]
        std::vector<std::uint32_t> unsure;    ///< [dim] sub-tiles on a rounding threshold
        std::vector<std::int32_t> sums;       ///< [dim] of the pulses that reached the pins; empty before S5
    };

    static std::string test() {
        const testing::TestInfo* info = testing::UnitTest::GetInstance()->current_test_info();
        return fmt::format("{}.{}", info->test_suite_name(), info->name());
    }
    static std::string program() { return testing::internal::GetArgvs().front(); }

    HeadPins analog_pins() {
        HeadPins pins = pins_;
        pins.pulse = pulse_;
        pins.sign = sign_;
        return pins;
    }

    void drive(const HostCycle& host) {
        const Quantization& q = config_.quantization;
        draw_vector(q_, 1.0, q.query_levels, pins_.query);
        draw_vector(k_, kSupplyV, q.store_levels, pins_.key);
        draw_vector(v_, kSupplyV, q.store_levels, pins_.value);
        *pins_.rst_n = host.reset ? 0 : 1;
        *pins_.token_valid = host.offers ? 1 : 0;
        *pins_.new_sequence = host.new_sequence ? 1 : 0;
        store_word(pins_.window, 0, host.window);
        *pins_.pipelined = host.pipelined ? 1 : 0;
        *pins_.result_ready = host.takes ? 1 : 0;
        *pins_.status_clear = 0;
    }

    void draw_vector(std::vector<double>& values, double full_scale, unsigned levels, std::span<std::byte> pins) {
        values.resize(config_.geometry.dim);
        for (double& x : values) {
            x = full_scale * static_cast<double>(random_() % levels) / (levels - 1);
        }
        encode(values, full_scale, levels, codes_);
        pack_fields(codes_, static_cast<unsigned>(std::bit_width(levels - 1)), pins);
    }

    void accept(const HostCycle& host) {
        if (host.new_sequence || !reference_) {
            const std::size_t all = config_.geometry.capacity();
            reference_ = std::make_unique<Reference>(config_, host.window == 0 ? all : std::min(host.window, all));
        }
        StepResult result;
        reference_->step({.q = q_, .k = k_, .v = v_}, result);
        const std::span<const std::uint32_t> unsure = reference_->near_threshold();
        in_flight_.push_back(
            {.number = accepted_++, .reference = result.counts, .unsure = {unsure.begin(), unsure.end()}, .sums = {}});
    }

    void forget() {
        full_ = 0;
        in_flight_.clear();
        reference_.reset();
    }

    void take() {
        ASSERT_FALSE(in_flight_.empty()) << where() << ": a result came without a token";
        const InFlight& token = in_flight_.front();
        ASSERT_FALSE(token.sums.empty()) << where() << ": a result came before its pulses";
        const auto bits = static_cast<unsigned>(
            std::bit_width(config_.geometry.tiles * (config_.quantization.output_levels - 1)) + 1);
        for (std::size_t e = 0; e < token.sums.size(); ++e) {
            const std::int32_t got = sign_extend(get_field(pins_.sum, e, bits), bits);
            EXPECT_EQ(token.sums[e], got) << "S8 sum_o, output " << e << ", " << where();
            if (fault_ == nullptr && token.unsure[e] == 0) {
                EXPECT_EQ(token.reference[e], got) << "reference, output " << e << ", " << where();
            }
            nonzero_ += got != 0 ? 1U : 0U;
        }
        in_flight_.pop_front();
        ++taken_;
    }

    void mixed(std::span<const double> /*width*/, std::span<const std::int8_t> counts) override {
        const auto token =
            std::find_if(in_flight_.begin(), in_flight_.end(), [](const auto& t) { return t.sums.empty(); });
        ASSERT_NE(token, in_flight_.end()) << where() << ": pulses without a token";
        token->sums.assign(config_.geometry.dim, 0);
        for (std::size_t p = 0; p < config_.geometry.tiles * config_.geometry.dim; ++p) {
            const bool negative = counts[p] < 0;
            const int width = std::abs(counts[p]);
            const int sent = negative ? -width : width;
            const int expected = fault_ != nullptr ? fault_->expect(p, width, negative) : sent;
            token->sums[p % config_.geometry.dim] += expected;
            full_ += is_full(p, width, expected) ? 1U : 0U;
            reached_ += expected != sent ? 1U : 0U;
        }
    }

    /// A counter at its end, or, where there are none, a pulse that is still high at the last sample.
    [[nodiscard]] bool is_full(std::size_t p, int width, int count) const {
        const int most = static_cast<int>(config_.quantization.output_levels) - 1;
        switch (config_.hardware.readout) {
            case Readout::counters:
            case Readout::counters_gated:
                return std::abs(count) == most;
            case Readout::popcount:
            case Readout::popcount_gated:
                break;
        }
        return fault_ != nullptr ? fault_->pulse(p, width == most, most - 1) : width == most;
    }

    /// The analog side's pulses and signs reach the head.
    void connect() {
        std::copy(pulse_.begin(), pulse_.end(), pins_.pulse.begin());
        std::copy(sign_.begin(), sign_.end(), pins_.sign.begin());
        if (fault_ == nullptr) {
            return;
        }
        for (std::size_t p = 0; p < config_.geometry.tiles * config_.geometry.dim; ++p) {
            set(pins_.pulse, p, fault_->pulse(p, get_field(pulse_, p, 1) != 0, sample_));
            set(pins_.sign, p, fault_->sign(p, get_field(sign_, p, 1) != 0));
        }
    }

    static void set(std::span<std::byte> bits, std::size_t p, bool level) {
        const std::byte bit = std::byte{1} << (p % 8);
        bits[p / 8] = level ? bits[p / 8] | bit : bits[p / 8] & ~bit;
    }

    void spike() {
        if (fault_ == nullptr || !fault_->spikes) {
            return;
        }
        for (int i = 0; i < 2; ++i) {
            for (std::size_t p = 0; p < config_.geometry.tiles * config_.geometry.dim; ++p) {
                set(pins_.pulse, p, get_field(pins_.pulse, p, 1) == 0);
            }
            head_->eval();
        }
    }

    void discharged(Array /*array*/, std::size_t /*column*/) override {}
    void written(Array /*array*/, std::size_t /*column*/, std::span<const std::uint8_t> /*codes*/) override {}
    void scored(std::span<const std::uint8_t> /*cycles*/, std::span<const double> /*charge*/,
                std::span<const double> /*width*/) override {}
    void aged(Array /*array*/) override {}
    void stepped(std::uint64_t /*cycle*/) override {}

    Config config_;
    std::string name_;
    std::mt19937_64 random_;
    std::unique_ptr<RtlHead> head_;
    HeadPins pins_;
    std::vector<std::byte> pulse_;  ///< as the analog side drives them
    std::vector<std::byte> sign_;
    AnalogBridge bridge_;
    std::vector<std::uint8_t> codes_;
    std::vector<double> q_;
    std::vector<double> k_;
    std::vector<double> v_;
    std::unique_ptr<Reference> reference_;  ///< of the present sequence; none: the next token begins one
    std::deque<InFlight> in_flight_;
    const PinFault* fault_ = nullptr;
    int sample_ = -1;
    std::uint64_t cycle_ = 0;
    std::uint64_t accepted_ = 0;
    std::uint64_t taken_ = 0;
    std::uint64_t reached_ = 0;
    std::uint32_t full_ = 0;  ///< counters that must have ended full since reset
    std::uint64_t nonzero_ = 0;
};

}  // namespace gca
