// Reads safetensors files: https://github.com/huggingface/safetensors#format
//
// Eight bytes with the header's length, the header (JSON: name -> dtype, shape, range of bytes), the values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gca {

/// One open file. Every failure is an InputError of one line with the file, the tensor, the problem and the limit.
class SafetensorsFile {
 public:
    /// Reads the header. Throws for a file that is missing, cut short or malformed, and for tensors whose bytes
    /// overlap, leave gaps, or are not as many as their shape says.
    explicit SafetensorsFile(std::filesystem::path path);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] bool contains(std::string_view name) const { return tensors_.find(name) != tensors_.end(); }
    [[nodiscard]] std::vector<std::string> names() const;

    /// The values of a tensor, F32, F16 or BF16, in C order. Throws for a tensor that is missing, of another dtype or
    /// shape, and for NaN and infinity.
    [[nodiscard]] std::vector<float> load(std::string_view name, std::span<const std::size_t> shape);

 private:
    struct Tensor {
        std::string dtype;
        std::vector<std::size_t> shape;
        std::uint64_t begin = 0;  ///< in the file
        std::uint64_t end = 0;
    };

    void read_header();
    void check_layout(std::uint64_t first, std::uint64_t file_bytes) const;
    [[noreturn]] void refuse(const std::string& problem) const;

    std::filesystem::path path_;
    std::ifstream in_;
    std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace gca
