// The table of all keys of the configuration.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "sim/config_field.h"

namespace gca::config_schema {

struct Key {
    std::string_view section;
    std::string_view name;
    std::string_view meaning;
    Field field;

    [[nodiscard]] std::string full_name() const { return fmt::format("{}.{}", section, name); }
};

// Those keys that are checked against each other.
inline constexpr std::string_view kCell = "cell";
inline constexpr std::string_view kModel = "model";
inline constexpr std::string_view kCoefficients = "coefficients";
inline constexpr std::string_view kLeakage = "leakage";
inline constexpr std::string_view kDecayPerToken = "decay_per_token";
inline constexpr std::string_view kTau = "tau_s";
inline constexpr std::string_view kStep = "step_s";
inline constexpr std::string_view kScalers = "scalers";

/// In the order of the printed file, section by section.
[[nodiscard]] const std::vector<Key>& keys();

/// Null for one that is not known.
[[nodiscard]] const Key* find_key(std::string_view section, std::string_view name);

[[nodiscard]] std::vector<std::string> section_names();
[[nodiscard]] bool is_section(std::string_view name);

}  // namespace gca::config_schema
