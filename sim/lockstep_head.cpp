#include "sim/lockstep_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gca {

namespace {

template <typename Pin>
std::span<const std::byte> bytes(const Pin* pin) {
    return std::as_bytes(std::span(pin, 1));
}

/// The lowest bit in which the two differ.
std::size_t first_difference(std::span<const std::byte> a, std::span<const std::byte> b) {
    std::size_t bit = 0;
    while (((a[bit / 8] ^ b[bit / 8]) >> bit % 8 & std::byte{1}) == std::byte{0}) {
        ++bit;
    }
    return bit;
}

}  // namespace

LockstepHead::LockstepHead(std::unique_ptr<RtlHead> head, std::string what, std::unique_ptr<RtlHead> other,
                           std::string beside)
    : head_(std::move(head)), what_(std::move(what)), other_(std::move(other)), beside_(std::move(beside)) {
    const HeadPins& a = head_->pins();
    const HeadPins& b = other_->pins();
    outputs_ = {
        {"token_ready_o", bytes(a.token_ready), bytes(b.token_ready)},
        {"ana_k_discharge_o", a.k_discharge, b.k_discharge},
        {"ana_k_write_o", a.k_write, b.k_write},
        {"ana_k_dac_o", a.k_dac, b.k_dac},
        {"ana_k_pulse_o", a.k_pulse, b.k_pulse},
        {"ana_c2p1_reset_o", bytes(a.c2p1_reset), bytes(b.c2p1_reset)},
        {"ana_c2p1_integrate_o", bytes(a.c2p1_integrate), bytes(b.c2p1_integrate)},
        {"ana_c2p1_emit_o", bytes(a.c2p1_emit), bytes(b.c2p1_emit)},
        {"ana_c2p1_valid_o", a.c2p1_valid, b.c2p1_valid},
        {"ana_v_discharge_o", a.v_discharge, b.v_discharge},
        {"ana_v_write_o", a.v_write, b.v_write},
        {"ana_v_dac_o", a.v_dac, b.v_dac},
        {"ana_c2p2_reset_o", bytes(a.c2p2_reset), bytes(b.c2p2_reset)},
        {"ana_c2p2_integrate_o", bytes(a.c2p2_integrate), bytes(b.c2p2_integrate)},
        {"ana_c2p2_emit_o", bytes(a.c2p2_emit), bytes(b.c2p2_emit)},
        {"result_valid_o", bytes(a.result_valid), bytes(b.result_valid)},
        {"sum_o", a.sum, b.sum},
        {"status_tokens_o", bytes(a.status_tokens), bytes(b.status_tokens)},
        {"status_saturated_o", bytes(a.status_saturated), bytes(b.status_saturated)},
    };
    set_pins(a);
}

void LockstepHead::copy_inputs() {
    const HeadPins& from = head_->pins();
    const HeadPins& to = other_->pins();
    *to.clk = *from.clk;
    *to.rst_n = *from.rst_n;
    *to.pipelined = *from.pipelined;
    *to.status_clear = *from.status_clear;
    *to.token_valid = *from.token_valid;
    *to.new_sequence = *from.new_sequence;
    *to.result_ready = *from.result_ready;
    std::ranges::copy(from.window, to.window.begin());
    std::ranges::copy(from.query, to.query.begin());
    std::ranges::copy(from.key, to.key.begin());
    std::ranges::copy(from.value, to.value.begin());
    std::ranges::copy(from.pulse, to.pulse.begin());
    std::ranges::copy(from.sign, to.sign.begin());
}

void LockstepHead::eval() {
    copy_inputs();
    head_->eval();
    other_->eval();
    compare();
}

bool LockstepHead::rise(std::uint64_t time_ps) {
    was_reset_ = was_reset_ || *head_->pins().rst_n == 0;
    copy_inputs();
    const bool sound = head_->rise(time_ps);
    const bool other_sound = other_->rise(time_ps);
    compare();
    return sound && other_sound;
}

void LockstepHead::compare() const {
    if (!was_reset_) {
        return;
    }
    for (const Output& output : outputs_) {
        if (!std::ranges::equal(output.head, output.other)) {
            const std::size_t bit = first_difference(output.head, output.other);
            const auto value = [bit](std::span<const std::byte> pin) {
                return std::to_integer<unsigned>(pin[bit / 8] >> bit % 8 & std::byte{1});
            };
            throw LockstepError(fmt::format("{} bit {}: {} in {}, {} in {}", output.name, bit, value(output.head),
                                            what_, value(output.other), beside_));
        }
    }
}

}  // namespace gca
