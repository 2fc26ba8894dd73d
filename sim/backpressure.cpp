#include "sim/backpressure.h"

#include <sstream>
#include <string>

#include "behavioral/error.h"

namespace gca {

std::string_view to_string(Backpressure backpressure) {
    switch (backpressure) {
        case Backpressure::none:
            return "none";
        case Backpressure::random:
            return "random";
        case Backpressure::consumer:
            return "consumer";
        case Backpressure::producer:
            return "producer";
        case Backpressure::stop_and_go:
            break;
    }
    return "stop_and_go";
}

bool Pauses::next() {
    if (left_ == 0) {
        const Lengths& lengths = lengths_[on_ ? 0 : 1];
        if (lengths.empty()) {
            return true;
        }
        on_ = !on_;
        const std::uint64_t r = random_();
        left_ = 1 + static_cast<unsigned>((r >> 8) % lengths[r % lengths.size()]);
    }
    --left_;
    return on_;
}

void Pauses::transfer(StateArchive& archive) {
    std::ostringstream saved;
    saved << random_;
    std::string state = saved.str();
    archive.text("random numbers", state);
    if (!(std::istringstream(state) >> random_)) {
        throw InputError("random numbers: no state of their generator");
    }
    constexpr unsigned kLongest = 1U << 16U;  // longer than any profile's
    archive.flag("spell", on_);
    archive.number("rest of the spell", left_, 0U, kLongest);
}

HostPauses host_pauses(Backpressure backpressure, unsigned latency, std::uint64_t offers_seed,
                       std::uint64_t takes_seed) {
    const Pauses::Lengths short_and_long{1, 4, 40, 200};
    const Pauses::Lengths stalls{1, latency / 2 + 1, latency, 4 * latency};
    const Pauses::Lengths spells{4 * latency, 8 * latency};
    const auto always = [](std::uint64_t seed) { return Pauses({}, {}, seed); };
    switch (backpressure) {
        case Backpressure::none:
            break;
        case Backpressure::random:
            return {{short_and_long, short_and_long, offers_seed}, {short_and_long, short_and_long, takes_seed}};
        case Backpressure::consumer:
            return {always(offers_seed), {{1, 1, 4}, stalls, takes_seed}};
        case Backpressure::producer:
            return {{{1, 4, latency}, stalls, offers_seed}, always(takes_seed)};
        case Backpressure::stop_and_go:
            return {{spells, spells, offers_seed}, {spells, spells, takes_seed}};
    }
    return {always(offers_seed), always(takes_seed)};
}

}  // namespace gca
