// Values of a configuration as text, for messages and for the printed file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/toml.h"

namespace gca::config_schema {

/// Text from outside, made fit for a message.
[[nodiscard]] std::string shown(std::string_view text);

/// Shortest text that reads back as `value`, always a TOML float.
[[nodiscard]] std::string print_number(double value);
[[nodiscard]] std::string print_numbers(const std::vector<double>& values);

[[nodiscard]] std::string in_quotes(std::string_view text);

/// `a`, `a or b`, `a, b or c`
[[nodiscard]] std::string either(const std::vector<std::string>& words);

/// A value as a message shows it.
[[nodiscard]] std::string describe(const toml::node& node);

}  // namespace gca::config_schema
