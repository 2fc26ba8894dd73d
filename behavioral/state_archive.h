// The state of models and engines as bytes, and back. A class describes its state once, in a function `transfer` that
// serves both directions: what is saved is what is restored.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gca {

static_assert(std::endian::native == std::endian::little, "archives are little-endian");

class StateArchive {
 public:
    /// Saves: what is transferred is appended.
    StateArchive() = default;
    /// Restores from `bytes`, which must outlive the archive. They may come from a stranger: for a value that is
    /// missing or out of its bounds, InputError that begins with the value's name.
    explicit StateArchive(std::span<const std::byte> bytes) : restoring_(true), input_(bytes) {}

    [[nodiscard]] bool restoring() const { return restoring_; }
    /// What was saved.
    [[nodiscard]] std::vector<std::byte> take() { return std::move(output_); }

    /// Raw bits, as many as there is room for.
    void bytes(std::string_view name, std::span<std::byte> values);

    /// Numbers, as many as there is room for, each within `least`..`greatest`.
    template <typename Number>
    void numbers(std::string_view name, std::span<Number> values, Number least = std::numeric_limits<Number>::lowest(),
                 Number greatest = std::numeric_limits<Number>::max()) {
        static_assert(std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>);
        bytes(name, std::as_writable_bytes(values));
        for (const Number value : values) {
            if (restoring_ && !(value >= least && value <= greatest)) {  // NaN is neither
                refuse(name, std::to_string(value), std::to_string(least), std::to_string(greatest));
            }
        }
    }

    template <typename Number>
    void number(std::string_view name, Number& value, Number least = std::numeric_limits<Number>::lowest(),
                Number greatest = std::numeric_limits<Number>::max()) {
        numbers(name, std::span<Number>(&value, 1), least, greatest);
    }

    void flag(std::string_view name, bool& value);

    /// Of any length.
    void text(std::string_view name, std::string& value);

    /// To be called when all is restored: InputError if bytes are left.
    void require_end() const;

 private:
    [[noreturn]] static void refuse(std::string_view name, const std::string& value, const std::string& least,
                                    const std::string& greatest);

    bool restoring_ = false;
    std::span<const std::byte> input_;
    std::vector<std::byte> output_;
};

}  // namespace gca
