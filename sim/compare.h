// `gca compare`: where and by how much two result files differ.
#pragma once

#include <filesystem>
#include <string>

namespace gca {

struct Comparison {
    bool equal = true;
    std::string text;  ///< a line an array, and the first difference of each that differs
};

/// Compares all arrays of two npz files that the reader can load. Throws InputError for files that cannot be read.
[[nodiscard]] Comparison compare_files(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace gca
