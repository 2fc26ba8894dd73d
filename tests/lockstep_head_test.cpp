// Two heads in lockstep: the same inputs for both, and no output pin that differs unseen.
#include "sim/lockstep_head.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace gca {
namespace {

constexpr std::size_t kPins = 19;  // outputs

/// A head whose pins are plain memory.
class PinsHead final : public RtlHead {
 public:
    PinsHead() {
        const auto vector = [](Bits& bits) { return std::span<std::byte>(bits); };
        HeadPins pins;
        pins.clk = inputs.data();
        pins.rst_n = &inputs[1];
        pins.pipelined = &inputs[2];
        pins.status_clear = &inputs[3];
        pins.token_valid = &inputs[4];
        pins.new_sequence = &inputs[5];
        pins.result_ready = &inputs[6];
        pins.window = vector(wide_inputs[0]);
        pins.query = vector(wide_inputs[1]);
        pins.key = vector(wide_inputs[2]);
        pins.value = vector(wide_inputs[3]);
        pins.pulse = vector(wide_inputs[4]);
        pins.sign = vector(wide_inputs[5]);
        pins.token_ready = byte(0);
        pins.k_discharge = vector(outputs[1]);
        pins.k_write = vector(outputs[2]);
        pins.k_dac = vector(outputs[3]);
        pins.k_pulse = vector(outputs[4]);
        pins.c2p1_reset = byte(5);
        pins.c2p1_integrate = byte(6);
        pins.c2p1_emit = byte(7);
        pins.c2p1_valid = vector(outputs[8]);
        pins.v_discharge = vector(outputs[9]);
        pins.v_write = vector(outputs[10]);
        pins.v_dac = vector(outputs[11]);
        pins.c2p2_reset = byte(12);
        pins.c2p2_integrate = byte(13);
        pins.c2p2_emit = byte(14);
        pins.result_valid = byte(15);
        pins.sum = vector(outputs[16]);
        pins.status_tokens = &tokens;
        pins.status_saturated = &saturated;
        set_pins(pins);
    }

    void eval() override {}
    [[nodiscard]] bool rise(std::uint64_t /*time_ps*/) override { return sound; }
    void open_trace(const std::filesystem::path& /*file*/, TraceSignals& /*extra*/) override {}
    void dump(std::uint64_t /*time_ps*/) override {}
    void close_trace() override {}
    [[nodiscard]] std::vector<std::byte> save() override { return {}; }
    void restore(std::span<const std::byte> /*state*/) override {}

    /// Alters output number `pin`, in the second byte where it has one.
    void flip(std::size_t pin) {
        if (pin == 17) {
            tokens ^= 1U << 9U;
        } else if (pin == 18) {
            saturated ^= 1U << 9U;
        } else if (is_single(pin)) {
            single[pin] ^= 1U;
        } else {
            outputs[pin][1] ^= std::byte{2};
        }
    }
    [[nodiscard]] static bool is_single(std::size_t pin) {
        return pin == 0 || (pin >= 5 && pin <= 7) || (pin >= 12 && pin <= 15);
    }

    using Bits = std::array<std::byte, 2>;
    std::array<std::uint8_t, 7> inputs{};
    std::array<Bits, 6> wide_inputs{};
    std::array<Bits, 17> outputs{};
    std::array<std::uint8_t, 16> single{};
    std::uint32_t tokens = 0;
    std::uint32_t saturated = 0;
    bool sound = true;

 private:
    const std::uint8_t* byte(std::size_t pin) { return &single[pin]; }
};

class Lockstep : public testing::Test {
 public:
    Lockstep() {
        auto a = std::make_unique<PinsHead>();
        auto b = std::make_unique<PinsHead>();
        head = a.get();
        other = b.get();
        both = std::make_unique<LockstepHead>(std::move(a), "the gates", std::move(b), "the rtl");
    }
    void reset() const {
        *both->pins().rst_n = 0;
        EXPECT_TRUE(both->rise(0));
        *both->pins().rst_n = 1;
    }

    PinsHead* head;
    PinsHead* other;
    std::unique_ptr<LockstepHead> both;
};

TEST_F(Lockstep, BothGetTheSameInputs) {
    std::uint8_t value = 1;
    for (std::uint8_t& input : head->inputs) {
        input = value++;
    }
    for (PinsHead::Bits& bits : head->wide_inputs) {
        bits = {std::byte{value++}, std::byte{value++}};
    }
    both->eval();
    EXPECT_EQ(other->inputs, head->inputs);
    EXPECT_EQ(other->wide_inputs, head->wide_inputs);
    head->inputs[1] = 77;
    EXPECT_TRUE(both->rise(0));
    EXPECT_EQ(other->inputs[1], 77);
}

TEST_F(Lockstep, EveryOutputPinIsCompared) {
    const std::array<const char*, kPins> names{"token_ready_o",
                                               "ana_k_discharge_o",
                                               "ana_k_write_o",
                                               "ana_k_dac_o",
                                               "ana_k_pulse_o",
                                               "ana_c2p1_reset_o",
                                               "ana_c2p1_integrate_o",
                                               "ana_c2p1_emit_o",
                                               "ana_c2p1_valid_o",
                                               "ana_v_discharge_o",
                                               "ana_v_write_o",
                                               "ana_v_dac_o",
                                               "ana_c2p2_reset_o",
                                               "ana_c2p2_integrate_o",
                                               "ana_c2p2_emit_o",
                                               "result_valid_o",
                                               "sum_o",
                                               "status_tokens_o",
                                               "status_saturated_o"};
    reset();
    for (std::size_t pin = 0; pin < kPins; ++pin) {
        const std::string message = std::string(names.at(pin)) + " bit " + (PinsHead::is_single(pin) ? "0" : "9") +
                                    ": 1 in the gates, 0 in the rtl";
        both->eval();
        head->flip(pin);
        for (const bool at_edge : {false, true}) {
            try {
                if (at_edge) {
                    (void)both->rise(0);
                } else {
                    both->eval();
                }
                ADD_FAILURE() << names.at(pin) << " differs unseen";
            } catch (const LockstepError& error) {
                EXPECT_EQ(error.what(), message);
            }
        }
        head->flip(pin);
    }
}

TEST_F(Lockstep, BeforeTheFirstResetNothingIsCompared) {
    head->flip(16);
    *both->pins().rst_n = 1;
    EXPECT_NO_THROW(both->eval());
    EXPECT_TRUE(both->rise(0));
    head->flip(16);
    reset();
    head->flip(16);
    EXPECT_THROW(both->eval(), LockstepError);
}

TEST_F(Lockstep, AFailedAssertionOfEitherIsTold) {
    reset();
    EXPECT_TRUE(both->rise(0));
    other->sound = false;
    EXPECT_FALSE(both->rise(0));
    other->sound = true;
    head->sound = false;
    EXPECT_FALSE(both->rise(0));
}

}  // namespace
}  // namespace gca
