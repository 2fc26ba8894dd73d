// State to bytes and back, and bytes that no state gives.
#include "behavioral/state_archive.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/error.h"
#include "behavioral/gain_cell_array.h"

namespace gca {
namespace {

/// One of everything.
struct State {
    std::uint8_t small = 0;
    std::int64_t large = 0;
    double real = 0.0;
    bool flag = false;
    std::string text;
    std::vector<std::uint16_t> numbers = std::vector<std::uint16_t>(3);
    bool operator==(const State&) const = default;

    void transfer(StateArchive& archive) {
        archive.number<std::uint8_t>("small", small, 1, 9);
        archive.number("large", large);
        archive.number("real", real, -1.0, 1.0);
        archive.flag("flag", flag);
        archive.text("text", text);
        archive.numbers<std::uint16_t>("numbers", numbers, 0, 500);
    }
};

const State kState{
    .small = 9, .large = -5, .real = -1.0, .flag = true, .text = std::string("a\0b", 3), .numbers = {0, 1, 500}};

std::vector<std::byte> bytes_of(State state) {
    StateArchive archive;
    state.transfer(archive);
    return archive.take();
}

std::string refusal(const std::vector<std::byte>& bytes) {
    State state;
    StateArchive archive(bytes);
    try {
        state.transfer(archive);
        archive.require_end();
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

TEST(StateArchive, GivesBackWhatItWasGiven) {
    const std::vector<std::byte> bytes = bytes_of(kState);
    State state;
    StateArchive archive(bytes);
    EXPECT_TRUE(archive.restoring());
    state.transfer(archive);
    archive.require_end();
    EXPECT_EQ(state, kState);
}

TEST(StateArchive, RefusesBytesThatEndTooEarlyOrTooLate) {
    std::vector<std::byte> bytes = bytes_of(kState);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_NE(refusal({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}), "no error") << length;
    }
    EXPECT_EQ(refusal({}), "small needs 1 bytes, there are 0");
    bytes.push_back(std::byte{0});
    EXPECT_EQ(refusal(bytes), "1 bytes too many");
}

TEST(StateArchive, RefusesValuesOutOfTheirBounds) {
    const auto with = [](const std::function<void(State&)>& change) {
        State state = kState;
        change(state);
        return refusal(bytes_of(state));
    };
    EXPECT_EQ(with([](State& s) { s.small = 0; }), "small is 0: must be 1 to 9");
    EXPECT_EQ(with([](State& s) { s.small = 10; }), "small is 10: must be 1 to 9");
    EXPECT_EQ(with([](State& s) { s.numbers[2] = 501; }), "numbers is 501: must be 0 to 500");
    EXPECT_NE(with([](State& s) { s.real = std::nextafter(1.0, 2.0); }), "no error");
    EXPECT_NE(with([](State& s) { s.real = std::numeric_limits<double>::quiet_NaN(); }), "no error");
    EXPECT_EQ(with([](State&) {}), "no error");
}

TEST(StateArchive, RefusesAFlagThatIsNeitherOfTwo) {
    std::vector<std::byte> bytes = bytes_of(kState);
    bytes[1 + 8 + 8] = std::byte{2};
    EXPECT_EQ(refusal(bytes), "flag is 2: must be 0 to 1");
}

TEST(StateArchive, AllocatesNoMoreThanIsThere) {
    std::vector<std::byte> bytes = bytes_of(kState);
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[1 + 8 + 8 + 1 + i] = std::byte{0xff};  // the text's length
    }
    EXPECT_EQ(refusal(bytes), "text needs 18446744073709551615 bytes, there are 9");
}

// The arrays' own states: what the closed loop restores.

Config small(unsigned query_levels, unsigned store_levels) {
    Config config;
    config.geometry = {.dim = 3, .tile_tokens = 4, .tiles = 2};
    config.quantization.query_levels = query_levels;
    config.quantization.store_levels = store_levels;
    config.leakage.decay_per_token = 0.1;
    return config;
}

template <typename Array>
std::vector<std::byte> state_of(Array& array) {
    StateArchive archive;
    array.transfer(archive);
    return archive.take();
}

template <typename Array>
void expect_state_is_taken_over(const Config& config) {
    Array array(config);
    array.write(1, std::vector<std::uint8_t>{0, 3, 1});
    array.age();
    array.discharge(6);
    array.write(7, std::vector<std::uint8_t>{2, 2, 3});
    array.age();
    const std::vector<std::byte> bytes = state_of(array);
    Array other(config);
    other.write(0, std::vector<std::uint8_t>{1, 1, 1});
    StateArchive archive(bytes);
    other.transfer(archive);
    archive.require_end();
    for (std::size_t column = 0; column < config.geometry.capacity(); ++column) {
        for (std::size_t row = 0; row < config.geometry.dim; ++row) {
            EXPECT_EQ(other.cell_volts(column, row), array.cell_volts(column, row)) << column << ", " << row;
            EXPECT_EQ(other.cell_charge(column, row), array.cell_charge(column, row)) << column << ", " << row;
        }
    }
    EXPECT_EQ(state_of(other), bytes);
}

TEST(ArrayState, IsTakenOver) {
    // Up to sixteen levels are kept as codes, more as voltages.
    for (const unsigned levels : {4U, 128U}) {
        expect_state_is_taken_over<KeyArray>(small(16, levels));
        expect_state_is_taken_over<ValueArray>(small(16, levels));
    }
}

TEST(ArrayState, HasNoCodeBeyondTheLastLevel) {
    for (const unsigned query_levels : {16U, 128U}) {  // up to 128 of them the cells are kept as codes
        KeyArray array(small(query_levels, 4));
        array.write(0, std::vector<std::uint8_t>{3, 3, 3});
        std::vector<std::byte> bytes = state_of(array);
        bytes[8 * sizeof(double)] = std::byte{4};
        StateArchive archive(bytes);
        EXPECT_THROW(array.transfer(archive), InputError);
    }
}

TEST(ArrayState, HasNoCellThatHoldsMoreThanItWasGiven) {
    ValueArray array(small(16, 4));
    std::vector<std::byte> bytes = state_of(array);
    bytes[7] = std::byte{0x40};  // 2.0
    StateArchive archive(bytes);
    EXPECT_THROW(array.transfer(archive), InputError);
}

}  // namespace
}  // namespace gca
