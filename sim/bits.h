// Packed bit vectors, bit 0 lowest, as Verilated ports hold them on a little-endian machine.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace gca {

static_assert(std::endian::native == std::endian::little, "ports are accessed as little-endian words");

/// Up to eight bytes from `offset` on, zero beyond the end.
inline std::uint64_t load_word(std::span<const std::byte> bits, std::size_t offset) {
    std::uint64_t word = 0;
    if (bits.size() - offset >= sizeof word) {
        std::memcpy(&word, bits.data() + offset, sizeof word);  // of a known size: one load
    } else {
        std::memcpy(&word, bits.data() + offset, bits.size() - offset);
    }
    return word;
}

inline void store_word(std::span<std::byte> bits, std::size_t offset, std::uint64_t word) {
    std::memcpy(bits.data() + offset, &word, std::min(sizeof word, bits.size() - offset));
}

/// bits: at least one byte.
inline bool any_bit(std::span<const std::byte> bits) {
    static constexpr std::array<std::byte, 256> kNone{};
    for (; bits.size() > kNone.size(); bits = bits.subspan(kNone.size())) {
        if (std::memcmp(bits.data(), kNone.data(), kNone.size()) != 0) {
            return true;
        }
    }
    return std::memcmp(bits.data(), kNone.data(), bits.size()) != 0;
}

inline constexpr std::ptrdiff_t kNoBit = -1;
inline constexpr std::ptrdiff_t kSeveralBits = -2;

/// The bit that is set, or kNoBit, or kSeveralBits. bits: at least one byte.
inline std::ptrdiff_t single_bit(std::span<const std::byte> bits) {
    if (!any_bit(bits)) {
        return kNoBit;
    }
    std::size_t offset = 0;
    while (load_word(bits, offset) == 0) {
        offset += sizeof(std::uint64_t);
    }
    const std::uint64_t word = load_word(bits, offset);
    const std::size_t end = std::min(offset + sizeof word, bits.size());
    if (!std::has_single_bit(word) || any_bit(bits.subspan(end))) {
        return kSeveralBits;
    }
    return static_cast<std::ptrdiff_t>(offset * 8) + std::countr_zero(word);
}

/// Field `i` of `width` bits (at most 32) in a packed vector of such fields.
inline std::uint32_t get_field(std::span<const std::byte> bits, std::size_t i, unsigned width) {
    const std::size_t bit = i * width;
    const std::uint64_t word = load_word(bits, bit / 8) >> (bit % 8);
    return static_cast<std::uint32_t>(word & ((std::uint64_t{1} << width) - 1));
}

/// Packs `values`, each within `width` bits (at most 8), one after the other.
inline void pack_fields(std::span<const std::uint8_t> values, unsigned width, std::span<std::byte> bits) {
    std::uint64_t word = 0;
    unsigned filled = 0;
    std::size_t offset = 0;
    for (const std::uint8_t value : values) {
        word |= std::uint64_t{value} << filled;
        filled += width;
        if (filled >= 64) {
            store_word(bits, offset, word);
            offset += sizeof word;
            filled -= 64;
            word = filled == 0 ? 0 : std::uint64_t{value} >> (width - filled);
        }
    }
    if (filled > 0) {
        store_word(bits, offset, word);
    }
}

inline std::int32_t sign_extend(std::uint32_t value, unsigned width) {
    const unsigned shift = 32 - width;
    return static_cast<std::int32_t>(value << shift) >> shift;
}

}  // namespace gca
