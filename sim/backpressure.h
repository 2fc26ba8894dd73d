// When the host offers tokens and takes results: the back-pressure profiles of the RTL engine.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "behavioral/state_archive.h"

namespace gca {

/// How the host behaves. Spells are of random length; latencies are those of one token.
enum class Backpressure {
    none,         ///< always offers, always takes
    random,       ///< both pause on their own, for spells of a few cycles up to 200
    consumer,     ///< always offers; takes in spells of a cycle or a few, with stalls of up to 4 latencies between
    producer,     ///< takes at once; offers in spells of up to a latency, with gaps of up to 4 latencies between
    stop_and_go,  ///< both pause on their own, for spells of up to 8 latencies: the head streams, fills up, runs empty
};

inline constexpr std::array kBackpressures{Backpressure::none, Backpressure::random, Backpressure::consumer,
                                           Backpressure::producer, Backpressure::stop_and_go};

/// The word that the command line and the reports use.
[[nodiscard]] std::string_view to_string(Backpressure backpressure);

/// One line of the host, on and off by turns. All follows from the seed.
class Pauses {
 public:
    /// A spell's length is drawn between 1 and one of these numbers of cycles, also drawn.
    using Lengths = std::vector<unsigned>;

    /// Without lengths the line is always on.
    Pauses(Lengths on, Lengths off, std::uint64_t seed) : lengths_{std::move(off), std::move(on)}, random_(seed) {}

    /// Whether the line is on in the next cycle.
    bool next();

    void transfer(StateArchive& archive);

 private:
    std::array<Lengths, 2> lengths_;  ///< off, on
    std::mt19937_64 random_;
    bool on_ = false;
    unsigned left_ = 0;
};

/// The host's two lines under a profile.
struct HostPauses {
    Pauses offers;
    Pauses takes;
};

/// `latency`: of one token, in cycles. The lines' pauses follow from the two seeds.
[[nodiscard]] HostPauses host_pauses(Backpressure backpressure, unsigned latency, std::uint64_t offers_seed,
                                     std::uint64_t takes_seed);

}  // namespace gca
