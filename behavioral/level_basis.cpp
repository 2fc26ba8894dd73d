#include "behavioral/level_basis.h"

#include <algorithm>
#include <cstdlib>

#include "behavioral/config.h"

namespace gca {

namespace {
constexpr int kMaxTableEntry = 127;  // two of them times a signed byte still fit 16 bits
constexpr unsigned kMaxTableLevels = 16;
}  // namespace

LevelBasis::LevelBasis(unsigned levels) {
    if (levels < 2 || levels > kMaxTableLevels) {
        return;
    }
    const bool even = levels % 2 == 0;
    const int top = static_cast<int>(even ? levels - 1 : (levels - 1) / 2);
    unit_v = kOffsetV / top;
    level_step = even ? 2.0 : 1.0;
    level_top = top;
    scale2 = even ? 8.0 : 1.0;
    base2 = even ? 1.0 : 0.0;
    scale3 = even ? 24.0 : 6.0;

    std::array<std::vector<int>, kernels::kMoments> p;
    for (int m = -top; m <= top; m += even ? 2 : 1) {
        level.push_back(m);
        p[0].push_back(m);
        p[1].push_back(even ? (m * m - 1) / 8 : m * m);
        p[2].push_back(even ? (m * m * m - m) / 24 : (m * m * m - m) / 6);
    }
    for (std::size_t i = 0; i < kernels::kMoments; ++i) {
        const auto [least, greatest] = std::minmax_element(p[i].begin(), p[i].end());
        if (*greatest - *least > kMaxTableEntry) {
            return;
        }
        shift[i] = -*least;
        largest[i] = std::max(std::abs(*least), std::abs(*greatest));
        for (std::size_t code = 0; code < p[i].size(); ++code) {
            tables[i][code] = static_cast<std::uint8_t>(p[i][code] - *least);
        }
    }
    fits = true;
}

}  // namespace gca
