// Kinds of command-line options, beyond CLI11's: each refuses a bad value with its name, the value and the limit.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <string>
#include <system_error>
#include <type_traits>

namespace gca {

/// An option that takes one of some words.
template <typename Enum>
void add_choice(CLI::App& command, const std::string& name, Enum& value, const std::map<std::string, Enum>& choices,
                const std::string& help) {
    std::string words;
    for (const auto& choice : choices) {
        words += (words.empty() ? "" : "|") + choice.first;
    }
    const auto choose = [name, choices, words, &value](const std::string& word) {
        const auto choice = choices.find(word);
        if (choice == choices.end()) {
            throw CLI::ValidationError(fmt::format("{} is {}: must be {}", name, word, words));
        }
        value = choice->second;
    };
    command.add_option_function<std::string>(name, choose, help)->option_text(words);
}

template <typename Number>
[[nodiscard]] Number parse_number(const std::string& name, const std::string& word, Number least, Number greatest) {
    Number number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    if (!whole || !(number >= least && number <= greatest)) {
        throw CLI::ValidationError(fmt::format("{} is {}: must be a {} from {} to {}", name, word,
                                               std::is_integral_v<Number> ? "whole number" : "number", least,
                                               greatest));
    }
    return number;
}

/// An option that takes a number within limits.
template <typename Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& value, Number least, Number greatest,
                        const std::string& help) {
    const auto parse = [name, least, greatest, &value](const std::string& word) {
        value = parse_number(name, word, least, greatest);
    };
    return command.add_option_function<std::string>(name, parse, help)
        ->option_text(std::is_integral_v<Number> ? "N" : "X");
}

}  // namespace gca
