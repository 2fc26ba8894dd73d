// The host's back-pressure profiles: each does what sim/backpressure.h says, and follows from its seeds.

#include "sim/backpressure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gca {
namespace {

constexpr std::size_t kLatency = 65;
constexpr std::size_t kCycles = 200'000;

struct Lines {
    std::vector<bool> offers;
    std::vector<bool> takes;
    bool operator==(const Lines&) const = default;
};

Lines record(Backpressure backpressure, std::uint64_t seed = 1, std::uint64_t takes_seed = 2) {
    HostPauses pauses = host_pauses(backpressure, static_cast<unsigned>(kLatency), seed, takes_seed);
    Lines lines;
    for (std::size_t cycle = 0; cycle < kCycles; ++cycle) {
        lines.offers.push_back(pauses.offers.next());
        lines.takes.push_back(pauses.takes.next());
    }
    return lines;
}

double share(const std::vector<bool>& line) {
    return static_cast<double>(std::count(line.begin(), line.end(), true)) / static_cast<double>(line.size());
}

/// The longest spell in which the line is `value`.
std::size_t longest(const std::vector<bool>& line, bool value) {
    std::size_t most = 0;
    std::size_t length = 0;
    for (const bool on : line) {
        length = on == value ? length + 1 : 0;
        most = std::max(most, length);
    }
    return most;
}

/// How many spells of `value` there are.
std::size_t spells(const std::vector<bool>& line, bool value) {
    std::size_t number = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        number += line[i] == value && (i == 0 || line[i - 1] != value) ? 1 : 0;
    }
    return number;
}

TEST(Backpressure, NamesAreDistinct) {
    std::string names;
    for (const Backpressure backpressure : kBackpressures) {
        names += std::string(to_string(backpressure)) + " ";
    }
    EXPECT_EQ(names, "none random consumer producer stop_and_go ");
}

TEST(Backpressure, SameSeedsSamePauses) {
    for (const Backpressure backpressure : kBackpressures) {
        EXPECT_EQ(record(backpressure, 5, 6), record(backpressure, 5, 6)) << to_string(backpressure);
    }
    for (const Backpressure backpressure : {Backpressure::random, Backpressure::producer, Backpressure::stop_and_go}) {
        EXPECT_NE(record(backpressure, 5).offers, record(backpressure, 7).offers) << to_string(backpressure);
    }
    for (const Backpressure backpressure : {Backpressure::random, Backpressure::consumer, Backpressure::stop_and_go}) {
        EXPECT_NE(record(backpressure, 5, 6).takes, record(backpressure, 5, 7).takes) << to_string(backpressure);
    }
}

TEST(Backpressure, EachLineHasItsOwnSeed) {
    EXPECT_EQ(record(Backpressure::random, 5, 6).offers, record(Backpressure::random, 5, 7).offers);
    EXPECT_EQ(record(Backpressure::random, 5, 6).takes, record(Backpressure::random, 7, 6).takes);
}

TEST(Backpressure, NoneNeverPauses) {
    const Lines lines = record(Backpressure::none);
    EXPECT_EQ(share(lines.offers), 1.0);
    EXPECT_EQ(share(lines.takes), 1.0);
}

TEST(Backpressure, RandomPausesBothBrieflyAndLongerThanALatency) {
    const auto [offers, takes] = record(Backpressure::random);
    for (const std::vector<bool>& line : {offers, takes}) {
        EXPECT_GT(share(line), 0.4);
        EXPECT_LT(share(line), 0.6);
        EXPECT_LE(longest(line, false), 200U);
        EXPECT_GT(longest(line, false), 2 * kLatency);
        EXPECT_GT(longest(line, true), 2 * kLatency);
    }
}

TEST(Backpressure, ConsumerAlwaysOffersAndTakesRarely) {
    const auto [offers, takes] = record(Backpressure::consumer);
    EXPECT_EQ(share(offers), 1.0);
    EXPECT_GT(share(takes), 0.01);
    EXPECT_LT(share(takes), 0.1);
    EXPECT_LE(longest(takes, true), 4U);
    EXPECT_LE(longest(takes, false), 4 * kLatency);
    EXPECT_GT(longest(takes, false), 3 * kLatency);
    EXPECT_GT(spells(takes, false), kCycles / (2 * kLatency)) << "mostly shorter stalls";
}

TEST(Backpressure, ProducerAlwaysTakesAndOffersWithGaps) {
    const auto [offers, takes] = record(Backpressure::producer);
    EXPECT_EQ(share(takes), 1.0);
    EXPECT_LE(longest(offers, true), kLatency);
    EXPECT_GT(longest(offers, true), kLatency / 2) << "long enough for two tokens";
    EXPECT_LE(longest(offers, false), 4 * kLatency);
    EXPECT_GT(longest(offers, false), 3 * kLatency);
}

TEST(Backpressure, StopAndGoHasLongSpellsOfEveryKind) {
    const auto [offers, takes] = record(Backpressure::stop_and_go);
    for (const std::vector<bool>& line : {offers, takes}) {
        EXPECT_GT(longest(line, true), 6 * kLatency);
        EXPECT_LE(longest(line, true), 8 * kLatency);
        EXPECT_GT(longest(line, false), 6 * kLatency);
        EXPECT_LE(longest(line, false), 8 * kLatency);
        EXPECT_LT(spells(line, false), kCycles / (4 * kLatency));
    }
    // The head streams, fills up, runs empty, stands still.
    for (const auto& [offer, take] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
        std::vector<bool> both;
        for (std::size_t i = 0; i < kCycles; ++i) {
            both.push_back(offers[i] == offer && takes[i] == take);
        }
        EXPECT_GT(longest(both, true), 4 * kLatency) << offer << take;
        EXPECT_GT(share(both), 0.15) << offer << take;
    }
}

TEST(Backpressure, SpellsFollowTheLatency) {
    HostPauses pauses = host_pauses(Backpressure::consumer, static_cast<unsigned>(2 * kLatency), 1, 2);
    std::vector<bool> takes;
    for (std::size_t cycle = 0; cycle < kCycles; ++cycle) {
        takes.push_back(pauses.takes.next());
    }
    EXPECT_GT(longest(takes, false), 6 * kLatency);
}

}  // namespace
}  // namespace gca
