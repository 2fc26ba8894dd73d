// Stored levels as whole numbers.
//
// With L levels over 0..0.9 V, u = v - 0.45 V of code c is unit_v * level(c) with a whole level(c): the odd numbers
// -(L-1)..L-1 for even L, -(L-1)/2..(L-1)/2 for odd L. Sums of products of pulse cycles and powers of the level are
// then whole numbers: exact, in any order. The powers are taken in the smaller basis p1 = m, p2 = (m^2 - base2) /
// scale2, p3 = (m^3 - m) / scale3, whole numbers too, shifted to start at 0, so that bytes hold them.
#pragma once

#include <array>
#include <vector>

#include "behavioral/kernels.h"

namespace gca {

struct LevelBasis {
    explicit LevelBasis(unsigned levels);

    bool fits = false;       ///< the tables hold this number of levels; the members below mean something only then
    double unit_v = 0.0;     ///< volts of one level step of the whole numbers
    std::vector<int> level;  ///< by code: level_step * code - level_top
    double level_step = 0.0;
    double level_top = 0.0;
    kernels::MomentTables tables{};
    std::array<double, kernels::kMoments> shift{};    ///< table entry = p + shift
    std::array<double, kernels::kMoments> largest{};  ///< greatest |p|
    double scale2 = 0.0;
    double base2 = 0.0;
    double scale3 = 0.0;
};

}  // namespace gca
