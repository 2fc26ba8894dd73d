// The header of an .npy array: a Python dict such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, read
// from a member of an archive or made for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/npy_array.h"
#include "sim/zip_member.h"

namespace gca {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";
inline constexpr std::size_t kMaxNpyRank = 32;  // numpy 1's limit

struct NpyHeader {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::size_t> shape;
};

/// Reads magic, version and header text. `declared_bytes` is the size of the whole member in the zip directory;
/// afterwards it is what remains for the values.
[[nodiscard]] NpyHeader read_npy_header(ZipMemberStream& member, std::uint64_t& declared_bytes);

/// How a value is kept in the file.
struct NpyLayout {
    NpyType type{};
    std::size_t bytes = 0;  ///< of one value
    bool swapped = false;   ///< byte order is not this machine's
};

/// Of the header's `descr`.
[[nodiscard]] NpyLayout parse_npy_dtype(const std::string& descr, Accept accept, const ZipMemberStream& member);

/// Number of values. A shape is refused when the product of its non-zero dimensions overflows, as numpy does.
[[nodiscard]] std::size_t count_npy_values(std::span<const std::size_t> shape, std::size_t item_bytes,
                                           const ZipMemberStream& member);

/// Version 1.0, padded so that the values start at a multiple of 64 bytes.
[[nodiscard]] std::string make_npy_header(NpyType type, std::span<const std::size_t> shape);

/// Text of a file in a message, in quotes.
[[nodiscard]] std::string npy_quoted(std::string_view text);

}  // namespace gca
