// A file that is nowhere on a disk, for readers that want a path.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
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
    void write(std::span<const std::uint8_t> bytes) const {
        check(ftruncate(descriptor_, 0) == 0);
        check(pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    }
    [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
    static void check(bool good) {
        if (!good) {
            throw std::system_error(errno, std::generic_category());
        }
    }

    int descriptor_;
};

}  // namespace gca::fuzz
