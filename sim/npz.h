// Reads and writes numpy's .npz files: a zip archive (libzip) with one .npy member for each array.
//
// The .npy format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "behavioral/error.h"
#include "sim/npy_array.h"

struct zip;  // libzip's zip_t

namespace gca {

/// Most values that one array may have unless the caller says otherwise: 8 GiB as double.
inline constexpr std::size_t kMaxNpzValues = std::size_t{1} << 30U;

/// One open .npz file. Every failure is an InputError of one line with the file, the key, the problem and the limit.
/// Only the members that are asked for are read. Files from strangers are safe to open: memory follows the bytes that
/// are really there, not those that a header promises.
class NpzReader {
 public:
    /// Opens the archive and reads its directory. Throws for a file that is missing, no regular file or no zip archive.
    explicit NpzReader(std::filesystem::path path);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Names of the arrays (members "KEY.npy") in the order of the file; members with other names are left out.
    [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }

    [[nodiscard]] bool contains(std::string_view key) const;

    /// Loads one array and checks its CRC. Takes .npy versions 1.0, 2.0 and 3.0, either byte order, C and Fortran
    /// order, the dtypes of NpyType. Throws for any other dtype, a missing key, more than `max_values` values, and for
    /// whatever is malformed, cut short, encrypted or longer than declared.
    [[nodiscard]] NpzArray load(std::string_view key, std::size_t max_values = kMaxNpzValues,
                                Accept accept = Accept::any);

 private:
    struct Discard {
        void operator()(zip* archive) const;
    };

    std::filesystem::path path_;
    std::unique_ptr<zip, Discard> archive_;
    std::uintmax_t file_bytes_ = 0;
    std::vector<std::string> keys_;
    std::vector<std::uint64_t> members_;  // index in the archive of each of keys_
};

/// Collects arrays and writes them as one .npz file that numpy.load takes. The same arrays give the same bytes.
///
/// The values are not copied: what `add` is given must live, unchanged, until `finish` returns. Members are stored, not
/// deflated: writing is then as fast as the disk, readers can skip inflation, and the bytes depend on no zlib version.
class NpzWriter {
 public:
    /// Remembers where to write and touches nothing. Throws InputError at once, before a long run, when `path` is a
    /// directory or a device, or its directory is missing or not writable. An existing file will be replaced.
    explicit NpzWriter(const std::filesystem::path& path);

    /// Adds one array in C order. A key twice, or a shape whose product is not the number of values, is a mistake of
    /// the program: std::invalid_argument.
    void add(std::string key, std::span<const float> values, std::vector<std::size_t> shape);
    void add(std::string key, std::span<const std::int16_t> values, std::vector<std::size_t> shape);
    void add(std::string key, std::span<const std::int32_t> values, std::vector<std::size_t> shape);
    void add(std::string key, std::vector<float>&& values, std::vector<std::size_t> shape) = delete;  // would dangle
    void add(std::string key, std::vector<std::int16_t>&& values, std::vector<std::size_t> shape) = delete;
    void add(std::string key, std::vector<std::int32_t>&& values, std::vector<std::size_t> shape) = delete;

    /// Writes under a temporary name in the same directory, then renames. Throws InputError with the system's reason
    /// (no space, no permission) and leaves nothing behind, an older file as it was. To be called once, with at least
    /// one array (else std::logic_error).
    void finish();

 private:
    struct Member {
        std::string key;
        std::string header;                // .npy header
        std::span<const std::byte> bytes;  // the caller's values
    };

    void add_member(std::string key, NpyType type, std::span<const std::byte> bytes, std::size_t count,
                    std::span<const std::size_t> shape);

    std::filesystem::path path_;
    std::vector<Member> members_;
    bool finished_ = false;
};

}  // namespace gca
