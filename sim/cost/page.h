// An estimate as one HTML page that opens offline: text, tables and plots.
#pragma once

#include <string>

#include "sim/cost/estimate.h"

namespace gca {

[[nodiscard]] std::string estimate_page(const Estimate& estimate);

}  // namespace gca
