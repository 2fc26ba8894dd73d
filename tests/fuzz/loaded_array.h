// What holds for every array that the npz reader gives.
#pragma once

#include <algorithm>
#include <cstddef>

#include "sim/npz.h"
#include "tests/fuzz/target.h"

namespace gca::fuzz {

inline void check_array(const NpzArray& array) {
    std::size_t product = 1;
    for (const std::size_t extent : array.shape) {
        product *= extent;
    }
    require(array.values.size() == product, "an array has not as many values as its shape says");
    if (const auto index = first_non_finite(array)) {
        const bool inside = index->size() == array.shape.size() &&
                            std::equal(index->begin(), index->end(), array.shape.begin(),
                                       [](std::size_t i, std::size_t extent) { return i < extent; });
        require(inside, "first_non_finite is outside the array");
    }
}

}  // namespace gca::fuzz
