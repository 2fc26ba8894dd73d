// What the fuzz targets share. A target defines `try_input`; libFuzzer (libfuzzer.cpp) or a replay of kept inputs
// (replay.cpp) calls it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "behavioral/error.h"

namespace gca::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// Does with `input` what the target is for. Whatever it throws is a finding.
void try_input(Bytes input);

/// Something that must hold for every input does not.
class Finding : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what) {
    if (!holds) {
        throw Finding(what);
    }
}

/// Runs `action`, which may refuse what it is given, in one line that begins with `begin`; true if it did not.
inline bool accepted(const std::function<void()>& action, std::string_view begin = "") {
    constexpr std::size_t kLongest = 10000;
    try {
        action();
    } catch (const InputError& error) {
        const std::string_view message = error.what();
        require(message.find('\n') == std::string_view::npos, "a message of several lines: " + std::string(message));
        require(message.size() < kLongest, "a message of " + std::to_string(message.size()) + " bytes");
        require(message.starts_with(begin), "a message without the file's name: " + std::string(message));
        return false;
    }
    return true;
}

/// Takes an input apart, from its begin. Behind its end there are zeros.
class Feed {
 public:
    explicit Feed(Bytes input) : left_(input) {}

    [[nodiscard]] bool empty() const { return left_.empty(); }

    template <typename Number>
    Number number() {
        static_assert(std::is_unsigned_v<Number>);
        Number value = 0;
        const Bytes taken = bytes(sizeof value);
        if (!taken.empty()) {
            std::memcpy(&value, taken.data(), taken.size());
        }
        return value;
    }
    std::uint8_t byte() { return number<std::uint8_t>(); }

    /// One of `least`..`greatest`, at most 256 of them.
    std::size_t within(std::size_t least, std::size_t greatest) { return least + byte() % (greatest - least + 1); }

    /// At most `count`: those that are left.
    Bytes bytes(std::size_t count) {
        const Bytes taken = left_.first(std::min(count, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }
    Bytes rest() { return bytes(left_.size()); }

 private:
    Bytes left_;
};

inline std::string text_of(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace gca::fuzz
