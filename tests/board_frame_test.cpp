// Frames of the host link: what is damaged never passes for a frame.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "sim/board_link.h"

namespace gca {
namespace {

Frame sample(std::size_t payload) {
    Frame frame{.command = 4, .number = 17, .session = 0xbeef, .payload = std::vector<std::uint8_t>(payload)};
    std::mt19937 random(static_cast<unsigned>(payload) + 1);
    std::generate(frame.payload.begin(), frame.payload.end(), [&] { return static_cast<std::uint8_t>(random()); });
    return frame;
}

bool same(const Frame& a, const Frame& b) {
    return a.command == b.command && a.number == b.number && a.session == b.session && a.payload == b.payload;
}

TEST(BoardFrame, IsReadBackByteByByte) {
    for (const std::size_t payload : {0U, 1U, 16U, 255U}) {
        const Frame frame = sample(payload);
        FrameReader reader;
        const std::vector<std::uint8_t> bytes = frame.encode();
        EXPECT_EQ(bytes.size(), payload + 10);
        for (const std::uint8_t& byte : bytes) {
            ASSERT_FALSE(reader.next());
            reader.add({&byte, 1});
        }
        const auto got = reader.next();
        ASSERT_TRUE(got);
        EXPECT_TRUE(same(*got, frame));
        EXPECT_FALSE(reader.next());
    }
}

TEST(BoardFrame, AnOpenIsTheseBytes) {
    const Frame open{.command = 2, .number = 9, .session = 0x1234, .payload = {}};
    // CRC-32 of 00 02 09 34 12
    EXPECT_EQ(open.encode(), (std::vector<std::uint8_t>{0xa7, 0x00, 0x02, 0x09, 0x34, 0x12, 0xa6, 0x86, 0x69, 0x2b}));
}

TEST(BoardFrame, NoFlippedBitOrLostByteGivesAnotherFrame) {
    const Frame frame = sample(29);
    const std::vector<std::uint8_t> good = frame.encode();
    const auto expect_nothing_wrong = [&](const std::vector<std::uint8_t>& bytes) {
        FrameReader reader;
        reader.add(bytes);
        while (const auto got = reader.next()) {
            EXPECT_TRUE(same(*got, frame));
        }
    };
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        std::vector<std::uint8_t> bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        bad.insert(bad.end(), good.begin(), good.end());
        expect_nothing_wrong(bad);
    }
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::uint8_t> bad;
        for (int copy = 0; copy < 3; ++copy) {
            for (const std::uint8_t byte : good) {
                if (random() % 20 != 0) {
                    bad.push_back(random() % 20 == 0 ? static_cast<std::uint8_t>(byte ^ random()) : byte);
                }
            }
        }
        expect_nothing_wrong(bad);
    }
}

TEST(BoardFrame, AFrameAfterRubbishIsFound) {
    const Frame frame = sample(12);
    std::mt19937 random(3);
    std::size_t found = 0;
    constexpr int kTries = 200;
    for (int i = 0; i < kTries; ++i) {
        FrameReader reader;
        std::vector<std::uint8_t> bytes(random() % 40);
        std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(random()); });
        reader.add(bytes);
        reader.add(frame.encode());
        reader.add(std::vector<std::uint8_t>(300, 0));  // what a false start may still wait for
        while (const auto got = reader.next()) {
            ASSERT_TRUE(same(*got, frame));
            ++found;
        }
    }
    EXPECT_EQ(found, kTries);
}

}  // namespace
}  // namespace gca
