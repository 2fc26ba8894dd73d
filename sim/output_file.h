// Files that the program writes: bad targets are refused before the work begins, and nothing half-written stays behind.
#pragma once

#include <filesystem>
#include <string>

namespace gca {

/// Where to write for a user who named `path`: symbolic links are followed. Throws InputError for a directory, a device
/// or pipe, and a directory that is missing or not writable. Touches nothing.
[[nodiscard]] std::filesystem::path output_target(const std::filesystem::path& path);

/// Writes `text` under a temporary name in the same directory, then renames. Throws InputError with the system's reason
/// and leaves an older file as it was.
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace gca
