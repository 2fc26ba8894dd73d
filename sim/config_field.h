// One key of the configuration: how it is read, checked and printed. Each function below makes a kind of them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "behavioral/config.h"
#include "sim/config_text.h"
#include "sim/toml.h"

namespace gca::config_schema {

/// What has been read so far: the configuration, and the keys that it holds only in another form.
struct Draft {
    Config config;
    std::optional<double> tau_s;
    std::optional<double> step_s;
};

/// A value in the file under its key.
struct Value {
    std::string file;
    std::string key;
    const toml::node& node;

    /// Refuses the value, or the array's element `at`.
    [[noreturn]] void refuse(std::string_view is, std::string_view must) const { refuse(node, key, is, must); }
    [[noreturn]] void refuse(const toml::node& at, std::string_view name, std::string_view is,
                             std::string_view must) const;
};

struct Printed {
    std::string value;
    bool in_force = true;
};

/// How a key is read and printed. `limit` says what its value may be.
struct Field {
    std::string limit;
    std::function<void(const Value&, Draft&)> parse;
    std::function<Printed(const Config&)> print;
};

[[nodiscard]] std::string must_be(std::string_view limit);

enum class Zero { refused, turns_off };

/// A whole number from `lowest` to `highest`. `at` gives its place in a Config.
template <typename At>
Field whole(At at, std::int64_t lowest, std::int64_t highest, Zero zero = Zero::refused) {
    const std::string limit = fmt::format("a whole number from {} to {}{}", lowest, highest,
                                          zero == Zero::turns_off ? ", or 0 to turn it off" : "");
    const auto parse = [=](const Value& value, Draft& draft) {
        const auto* number = value.node.as_integer();
        const bool is_off = number != nullptr && number->get() == 0 && zero == Zero::turns_off;
        if (number == nullptr || (!is_off && (number->get() < lowest || number->get() > highest))) {
            value.refuse(describe(value.node), must_be(limit));
        }
        auto& place = at(draft.config);
        place = static_cast<std::remove_reference_t<decltype(place)>>(number->get());
    };
    return {limit, parse, [=](const Config& config) { return Printed{fmt::format("{}", at(config))}; }};
}

enum class Bound { none, at_least_zero, above_zero, full_scale };

[[nodiscard]] std::string_view limit_of(Bound bound);
[[nodiscard]] bool within(double number, Bound bound);

/// The number that `node` holds if it is within the bound. An integer will do.
[[nodiscard]] std::optional<double> number_in(const toml::node& node, Bound bound);
[[nodiscard]] double parse_number(const Value& value, Bound bound);
[[nodiscard]] std::vector<double> parse_numbers(const Value& value, const toml::array& array);

template <typename At>
Field real(At at, Bound bound) {
    return {std::string{limit_of(bound)},
            [=](const Value& value, Draft& draft) { at(draft.config) = parse_number(value, bound); },
            [=](const Config& config) { return Printed{print_number(at(config))}; }};
}

/// A time that the Config holds only as a part of another value; printed as an example.
[[nodiscard]] Field seconds(std::optional<double> Draft::*place, Bound bound, double example);

/// One number, or one a head.
template <typename At>
Field one_or_many(At at) {
    const std::string limit = fmt::format("{}, or an array of such numbers, one a head", limit_of(Bound::none));
    const auto parse = [=](const Value& value, Draft& draft) {
        const auto* array = value.node.as_array();
        if (array != nullptr && !array->empty()) {
            at(draft.config) = parse_numbers(value, *array);
        } else if (const std::optional<double> number = number_in(value.node, Bound::none)) {
            at(draft.config) = {*number};
        } else {
            value.refuse(describe(value.node), must_be(limit));
        }
    };
    const auto print = [=](const Config& config) {
        const std::vector<double>& numbers = at(config);
        return Printed{numbers.size() == 1 ? print_number(numbers.front()) : print_numbers(numbers)};
    };
    return {limit, parse, print};
}

[[nodiscard]] Field polynomial_coefficients();

template <typename Enum>
struct Named {
    Enum value;
    std::string_view name;
};

template <typename Enum, std::size_t count>
std::string_view name_of(const std::array<Named<Enum>, count>& names, Enum value) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const Named<Enum>& named) { return named.value == value; });
    if (found == names.end()) {
        std::abort();
    }
    return found->name;
}

template <typename Enum, std::size_t count, typename At>
Field choice(const std::array<Named<Enum>, count>& names, At at) {
    std::vector<std::string> words;
    words.reserve(names.size());
    for (const Named<Enum>& named : names) {
        words.push_back(in_quotes(named.name));
    }
    const std::string limit = either(words);
    const auto parse = [=](const Value& value, Draft& draft) {
        const auto* text = value.node.as_string();
        const auto found = std::find_if(names.begin(), names.end(), [&](const Named<Enum>& named) {
            return text != nullptr && named.name == text->get();
        });
        if (found == names.end()) {
            value.refuse(describe(value.node), must_be(limit));
        }
        at(draft.config) = found->value;
    };
    return {limit, parse, [=](const Config& config) { return Printed{in_quotes(name_of(names, at(config)))}; }};
}

}  // namespace gca::config_schema
