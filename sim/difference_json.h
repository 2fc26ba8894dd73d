// A difference between engine and reference for the JSON reports.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sim/stage_compare.h"

namespace gca {

/// stage, name, cycle, the indices of the place, quantity, expected, got, and all of it as text. What does not apply is
/// left out; `got` is null where nothing was seen.
[[nodiscard]] nlohmann::ordered_json difference_json(const Difference& difference);

}  // namespace gca
