// What to say of a key or a table that is not known: the nearest one that is.
#pragma once

#include <string>
#include <string_view>

#include "sim/toml.h"

namespace gca::config_schema {

[[nodiscard]] std::string unknown_key(std::string_view section, std::string_view name);
[[nodiscard]] std::string unknown_section(std::string_view name, const toml::node& node);

}  // namespace gca::config_schema
