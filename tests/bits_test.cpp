// Packed bits, against counting bit by bit, in vectors of every length up to some words and around any_bit's chunk.
#include "sim/bits.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace gca {
namespace {

constexpr std::array<std::size_t, 19> kLengths{1,  2,   3,   7,   8,   9,   15,  16,  17, 31,
                                               64, 128, 255, 256, 257, 511, 512, 513, 600};

void set_bit(std::span<std::byte> bits, std::size_t i) {
    bits[i / 8] |= std::byte{1} << (i % 8);
}

TEST(Bits, NoBitOfZeros) {
    for (const std::size_t length : kLengths) {
        const std::vector<std::byte> bits(length);
        EXPECT_FALSE(any_bit(bits)) << length << " bytes";
        EXPECT_EQ(single_bit(bits), kNoBit) << length << " bytes";
    }
}

TEST(Bits, ASingleBitIsFoundWhereverItIs) {
    for (const std::size_t length : kLengths) {
        for (std::size_t i = 0; i < length * 8; ++i) {
            std::vector<std::byte> bits(length);
            set_bit(bits, i);
            ASSERT_TRUE(any_bit(bits)) << "bit " << i << " of " << length << " bytes";
            ASSERT_EQ(single_bit(bits), static_cast<std::ptrdiff_t>(i)) << "of " << length << " bytes";
        }
    }
}

TEST(Bits, TwoBitsAreSeveralWhereverTheyAre) {
    for (const std::size_t length : {std::size_t{3}, std::size_t{8}, std::size_t{17}, std::size_t{300}}) {
        const std::size_t stride = length > 20 ? 7 : 1;
        for (std::size_t i = 0; i < length * 8; i += stride) {
            for (std::size_t j = i + 1; j < length * 8; j += stride) {
                std::vector<std::byte> bits(length);
                set_bit(bits, i);
                set_bit(bits, j);
                ASSERT_EQ(single_bit(bits), kSeveralBits)
                    << "bits " << i << " and " << j << " of " << length << " bytes";
            }
        }
    }
}

TEST(Bits, FieldsComeBackAsTheyWerePacked) {
    std::mt19937 random(1);
    for (unsigned width = 1; width <= 8; ++width) {
        for (std::size_t count = 1; count <= 130; ++count) {
            std::vector<std::uint8_t> values(count);
            for (std::uint8_t& value : values) {
                value = static_cast<std::uint8_t>(random() & ((1U << width) - 1));
            }
            std::vector<std::byte> bits((count * width + 7) / 8);
            pack_fields(values, width, bits);
            for (std::size_t i = 0; i < count; ++i) {
                ASSERT_EQ(get_field(bits, i, width), values[i])
                    << "field " << i << " of " << count << ", " << width << " bits";
            }
        }
    }
}

TEST(Bits, SignsAreExtended) {
    for (unsigned width = 1; width <= 31; ++width) {
        const std::uint32_t highest = std::uint32_t{1} << (width - 1);
        EXPECT_EQ(sign_extend(highest, width), -static_cast<std::int64_t>(highest));
        EXPECT_EQ(sign_extend(highest - 1, width), static_cast<std::int64_t>(highest) - 1);
    }
}

}  // namespace
}  // namespace gca
