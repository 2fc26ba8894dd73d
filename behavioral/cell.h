// The gain cell's current as a polynomial in the stored voltage.
#pragma once

#include <vector>

#include "behavioral/config.h"

namespace gca {

/// Coefficients in powers of u = v - 0.45 V, charge units per full-width pulse, at V_in = 0.9 V. The cubic is the
/// paper's fit of the cell, the linear one its intermediate model.
std::vector<double> cell_coefficients(const Cell& cell);

}  // namespace gca
