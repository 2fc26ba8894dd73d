// One array of numpy: its type, shape and values.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gca {

/// The dtypes that are read; float32, int16 and int32 are those that are written.
enum class NpyType { float32, float64, int8, int16, int32, uint8, uint16, uint32 };

/// numpy's name of the dtype, such as "float32".
[[nodiscard]] std::string_view npy_type_name(NpyType type);

[[nodiscard]] constexpr bool is_floating(NpyType type) {
    return type == NpyType::float32 || type == NpyType::float64;
}

/// One array as it was loaded. A scalar has an empty shape and one value.
struct NpzArray {
    NpyType type = NpyType::float64;  ///< dtype in the file; every value of it is exact as double
    std::vector<std::size_t> shape;
    std::vector<double> values;  ///< C order, product(shape) of them
    bool operator==(const NpzArray&) const = default;
};

/// Index (one number a dimension) of the first NaN or infinity in C order; nothing when all values are finite.
[[nodiscard]] std::optional<std::vector<std::size_t>> first_non_finite(const NpzArray& array);

/// A shape or an index for a message: "[3, 128, 64]".
[[nodiscard]] std::string format_index(std::span<const std::size_t> index);

/// Which dtypes a load takes.
enum class Accept {
    any,       ///< those of NpyType
    floating,  ///< float32 and float64
};

}  // namespace gca
