#include "sim/config_field.h"

#include <cmath>

#include "behavioral/error.h"

namespace gca::config_schema {

namespace {

// Far beyond any circuit, and near enough that sums and quotients of such numbers stay exact to 1e-9 of a count.
constexpr double kLargest = 1e6;

constexpr std::size_t kMaxCoefficients = 16;

}  // namespace

void Value::refuse(const toml::node& at, std::string_view name, std::string_view is, std::string_view must) const {
    throw InputError{fmt::format("{}:{}: {} is {}: {}", file, at.source().begin.line, name, is, must)};
}

std::string must_be(std::string_view limit) {
    return fmt::format("it must be {}", limit);
}

std::string_view limit_of(Bound bound) {
    switch (bound) {
        case Bound::at_least_zero:
            return "a number from 0 to 1e6";
        case Bound::above_zero:
            return "a number above 0, at most 1e6";
        case Bound::full_scale:
            return "a number from 1e-6 to 1e6";
        case Bound::none:
            break;
    }
    return "a number from -1e6 to 1e6";
}

bool within(double number, Bound bound) {
    switch (bound) {
        case Bound::at_least_zero:
            return number >= 0.0 && number <= kLargest;
        case Bound::above_zero:
            return number > 0.0 && number <= kLargest;
        case Bound::full_scale:
            return number >= 1.0 / kLargest && number <= kLargest;
        case Bound::none:
            break;
    }
    return std::fabs(number) <= kLargest;
}

std::optional<double> number_in(const toml::node& node, Bound bound) {
    double number = 0.0;
    if (const auto* real = node.as_floating_point()) {
        number = real->get();
    } else if (const auto* integer = node.as_integer()) {
        number = static_cast<double>(integer->get());
    } else {
        return std::nullopt;
    }
    return within(number, bound) ? std::optional{number} : std::nullopt;
}

double parse_number(const Value& value, Bound bound) {
    const std::optional<double> number = number_in(value.node, bound);
    if (!number) {
        value.refuse(describe(value.node), must_be(limit_of(bound)));
    }
    return *number;
}

std::vector<double> parse_numbers(const Value& value, const toml::array& array) {
    std::vector<double> numbers;
    numbers.reserve(array.size());
    for (const toml::node& element : array) {
        const std::optional<double> number = number_in(element, Bound::none);
        if (!number) {
            value.refuse(element, fmt::format("{}[{}]", value.key, numbers.size()), describe(element),
                         must_be(limit_of(Bound::none)));
        }
        numbers.push_back(*number);
    }
    return numbers;
}

Field seconds(std::optional<double> Draft::*place, Bound bound, double example) {
    return {std::string{limit_of(bound)},
            [=](const Value& value, Draft& draft) { draft.*place = parse_number(value, bound); },
            [=](const Config&) {
                return Printed{print_number(example), false};
            }};
}

Field polynomial_coefficients() {
    const std::string limit = fmt::format("an array of 1 to {} numbers from -1e6 to 1e6", kMaxCoefficients);
    const auto parse = [=](const Value& value, Draft& draft) {
        const auto* array = value.node.as_array();
        if (array == nullptr || array->empty()) {
            value.refuse(describe(value.node), must_be(limit));
        }
        if (array->size() > kMaxCoefficients) {
            value.refuse(fmt::format("an array of {}", array->size()), must_be(limit));
        }
        draft.config.cell.coefficients = parse_numbers(value, *array);
    };
    const auto print = [](const Config& config) {
        constexpr double kLinearSlope = 19.3;
        return config.cell.model == CellModel::polynomial ? Printed{print_numbers(config.cell.coefficients)}
                                                          : Printed{print_numbers({0.0, kLinearSlope}), false};
    };
    return {limit, parse, print};
}

}  // namespace gca::config_schema
