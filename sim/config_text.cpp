#include "sim/config_text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

#include "sim/printable.h"

namespace gca::config_schema {

namespace {

constexpr std::size_t kMaxShownBytes = 200;

}  // namespace

std::string shown(std::string_view text) {
    return printable(text, kMaxShownBytes);
}

std::string print_number(double value) {
    std::string text = fmt::format("{}", value);
    if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) {
        text += ".0";
    }
    return text;
}

std::string print_numbers(const std::vector<double>& values) {
    constexpr std::size_t kOneLine = 100;
    constexpr std::size_t kNumbersALine = 8;
    std::string one_line;
    std::string many_lines;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::string number = print_number(values[i]);
        one_line += (i == 0 ? "" : ", ") + number;
        many_lines += (i % kNumbersALine == 0 ? "\n    " : " ") + number + ",";
    }
    return one_line.size() <= kOneLine ? "[" + one_line + "]" : "[" + many_lines + "\n]";
}

std::string in_quotes(std::string_view text) {
    return fmt::format("\"{}\"", shown(text));
}

std::string either(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    }
    return text;
}

std::string describe(const toml::node& node) {
    if (const auto* number = node.as_integer()) {
        return fmt::format("{}", number->get());
    }
    if (const auto* number = node.as_floating_point()) {
        return print_number(number->get());
    }
    if (const auto* text = node.as_string()) {
        return in_quotes(text->get());
    }
    if (const auto* truth = node.as_boolean()) {
        return truth->get() ? "true" : "false";
    }
    if (node.is_table()) {
        return "a table";
    }
    if (const auto* array = node.as_array()) {
        return array->empty() ? "an empty array" : "an array";
    }
    return "a date or a time";
}

}  // namespace gca::config_schema
