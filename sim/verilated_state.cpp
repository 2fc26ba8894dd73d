#include "sim/verilated_state.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "behavioral/error.h"

namespace gca {

void MemorySerialize::flush() {
    const auto bytes = std::as_bytes(std::span(m_bufp, m_cp));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    m_cp = m_bufp;
}

std::vector<std::byte> MemorySerialize::take() {
    flush();
    return std::move(bytes_);
}

MemoryDeserialize::MemoryDeserialize(std::span<const std::byte> bytes) : left_(bytes) {
    m_endp = m_bufp;
}

void MemoryDeserialize::fill() {
    const std::span buffer = std::as_writable_bytes(std::span(m_bufp, bufferSize()));
    const auto unread = std::as_bytes(std::span(m_cp, m_endp));
    auto end = std::copy(unread.begin(), unread.end(), buffer.begin());
    const std::size_t more = std::min(left_.size(), static_cast<std::size_t>(std::distance(end, buffer.end())));
    end = std::copy_n(left_.begin(), more, end);
    left_ = left_.subspan(more);
    std::fill(end, buffer.end(), std::byte{0});
    m_cp = m_bufp;
    m_endp = m_bufp + bufferSize();
}

std::size_t variables_offset(std::span<const std::byte> model, VerilatedContext& context) {
    MemorySerialize saved;
    saved << &context;
    const std::vector<std::byte> bytes = saved.take();
    const auto found = std::search(model.begin(), model.end(), bytes.begin(), bytes.end());
    if (found == model.end()) {
        throw std::logic_error("this version of Verilator saves models in an order that is not known here");
    }
    return static_cast<std::size_t>(std::distance(model.begin(), found)) + bytes.size();
}

void require_bits(std::span<const std::byte> state, std::span<const std::byte> mask) {
    const auto [wrong, bits] = std::mismatch(
        state.begin(), state.end(), mask.begin(), mask.end(),
        [](std::byte byte, std::byte bits) { return bits == std::byte{0} || (byte & ~bits) == std::byte{0}; });
    if (wrong != state.end()) {
        throw InputError("byte " + std::to_string(std::distance(state.begin(), wrong)) + " of the flops is " +
                         std::to_string(std::to_integer<unsigned>(*wrong)) + ": must have no bit that no flop has");
    }
}

}  // namespace gca
