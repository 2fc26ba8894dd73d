// A file that is nowhere on a disk, for readers that want a path.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace gca::fuzz {

class MemoryFile {
 public:
    MemoryFile() : descriptor_(memfd_create("fuzz", 0)) { check(descriptor_ >= 0); }
    ~MemoryFile() { close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    MemoryFile(MemoryFile&&) = delete;
    MemoryFile& operator=(MemoryFile&&) = delete;

    /// Replaces what it holds.
    void write(std::span<const std::uint8_t> bytes) const { write(bytes.data(), bytes.size()); }
    void write(std::string_view text) const { write(text.data(), text.size()); }
    [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
    void write(const void* bytes, std::size_t count) const {
        check(ftruncate(descriptor_, 0) == 0);
        check(pwrite(descriptor_, bytes, count, 0) == static_cast<ssize_t>(count));
    }
    static void check(bool good) {
        if (!good) {
            throw std::system_error(errno, std::generic_category());
        }
    }

    int descriptor_;
};

}  // namespace gca::fuzz
