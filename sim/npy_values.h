// The values of an .npy array, as they are read from a member of an archive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/npy_header.h"
#include "sim/zip_member.h"

namespace gca {

/// Reads `count` values. What is set aside at first is bounded by the size of the file, `file_bytes`; the rest grows
/// with the bytes that come, as a header can promise anything.
[[nodiscard]] std::vector<double> read_npy_values(ZipMemberStream& member, const NpyLayout& layout, std::size_t count,
                                                  std::uintmax_t file_bytes);

/// From Fortran order (first index fastest) to C order (last index fastest). No dimension is zero.
[[nodiscard]] std::vector<double> to_c_order(const std::vector<double>& fortran, std::span<const std::size_t> shape);

}  // namespace gca
