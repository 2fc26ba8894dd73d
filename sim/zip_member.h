// libzip's handles, and the bytes of one member of an archive.
#pragma once

#include <zip.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace gca {

struct CloseZipMember {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};
struct DiscardZip {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct FreeZipSource {
    void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using ZipMemberHandle = std::unique_ptr<zip_file_t, CloseZipMember>;
using ZipSourceHandle = std::unique_ptr<zip_source_t, FreeZipSource>;

class ZipError {
 public:
    ZipError() { zip_error_init(&error_); }
    ~ZipError() { zip_error_fini(&error_); }
    ZipError(const ZipError&) = delete;
    ZipError& operator=(const ZipError&) = delete;
    ZipError(ZipError&&) = delete;
    ZipError& operator=(ZipError&&) = delete;

    zip_error_t* get() { return &error_; }
    std::string text() { return zip_error_strerror(&error_); }

 private:
    zip_error_t error_{};
};

/// Returns null, with the reason in `error`, when that fails.
[[nodiscard]] zip_t* open_zip(const std::filesystem::path& path, int flags, ZipError& error);

/// The uncompressed bytes of one member, from its start to its end.
class ZipMemberStream {
 public:
    /// `where` names file and member in messages.
    ZipMemberStream(ZipMemberHandle file, std::string where);

    /// Fills `target`; fewer bytes only at the end of the member. libzip checks size and CRC when it meets the end.
    std::size_t read(std::span<std::byte> target);

    void read_exactly(std::span<std::byte> target);

    /// Reads on to the end, so that libzip compares the CRC.
    void require_end();

    /// Throws InputError.
    [[noreturn]] void fail(const std::string& problem) const;

 private:
    ZipMemberHandle file_;
    std::string where_;
    std::uint64_t offset_ = 0;
};

}  // namespace gca
