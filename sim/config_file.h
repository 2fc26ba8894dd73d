// The configuration file: TOML in, `Config` out, and back.
//
// One table in config_keys.cpp describes every key; reading, the refusal of unknown keys, the nearest-key suggestion
// and the printed file all follow from it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "behavioral/config.h"

namespace gca {

/// Longest configuration that is read, in bytes.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20U;

/// Reads a configuration file. A key that the file leaves out keeps its default, the paper's value.
/// Throws InputError with one line, `file:line: key is value: limit`, for the first thing in the file that is wrong.
[[nodiscard]] Config load_config(const std::filesystem::path& file);

/// The same for a text; `name` stands for the file in messages.
[[nodiscard]] Config parse_config(std::string_view text, std::string_view name);

/// The configuration as TOML with a comment for each key. `parse_config` reads every configuration that it could have
/// given back to the bit. Keys that are not in force (`cell.coefficients` unless the model is "polynomial",
/// `leakage.tau_s` and `leakage.step_s` always) are printed as commented examples.
[[nodiscard]] std::string print_config(const Config& config);

/// A key in force and its value as the file would have it.
struct ConfigValue {
    std::string key;  ///< such as "leakage.form"
    std::string value;
    bool operator==(const ConfigValue&) const = default;
};

/// All keys in force, in the file's order. Configurations that behave alike have the same values.
[[nodiscard]] std::vector<ConfigValue> config_values(const Config& config);

/// The word that the configuration file uses.
[[nodiscard]] std::string_view to_string(OutputQuantizer quantizer);
[[nodiscard]] std::string_view to_string(CellModel model);
[[nodiscard]] std::string_view to_string(LeakageForm form);
[[nodiscard]] std::string_view to_string(Readout readout);

}  // namespace gca
