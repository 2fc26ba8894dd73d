// What `gca explain` prints.
#pragma once

#include <string>

#include "behavioral/config.h"
#include "sim/explain.h"
#include "sim/run.h"

namespace gca {

/// For a terminal of 120 columns.
[[nodiscard]] std::string format_explanation(const Config& config, const RunOptions& options,
                                             const Explanation& explanation);

[[nodiscard]] std::string explanation_json(const Config& config, const RunOptions& options,
                                           const Explanation& explanation);

}  // namespace gca
