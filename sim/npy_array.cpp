#include "sim/npy_array.h"

#include <algorithm>
#include <cmath>

namespace gca {

std::optional<std::vector<std::size_t>> first_non_finite(const NpzArray& array) {
    const auto found =
        std::find_if(array.values.begin(), array.values.end(), [](double value) { return !std::isfinite(value); });
    if (found == array.values.end()) {
        return std::nullopt;
    }
    auto rest = static_cast<std::size_t>(found - array.values.begin());
    std::vector<std::size_t> index(array.shape.size());
    for (std::size_t d = index.size(); d-- > 0;) {
        index[d] = rest % array.shape[d];
        rest /= array.shape[d];
    }
    return index;
}

std::string format_index(std::span<const std::size_t> index) {
    std::string text = "[";
    for (std::size_t d = 0; d < index.size(); ++d) {
        text += (d == 0 ? "" : ", ") + std::to_string(index[d]);
    }
    return text + "]";
}

}  // namespace gca
