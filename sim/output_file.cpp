#include "sim/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "behavioral/error.h"
#include "sim/printable.h"

namespace gca {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& reason) {
    throw InputError(fmt::format("{}: cannot write: {}", printable(path.string()), reason));
}

}  // namespace

std::filesystem::path output_target(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (std::filesystem::is_directory(status)) {
        refuse(path, "is a directory");
    }
    // Renaming over a device or a pipe would remove it.
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        refuse(path, "is not a regular file");
    }
    std::filesystem::path target = path;
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(path, error))) {
        std::filesystem::path linked = std::filesystem::canonical(path, error);
        target = error ? target : std::move(linked);
    }
    const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
    if (!std::filesystem::is_directory(folder, error)) {
        refuse(path, fmt::format("'{}' is no directory", printable(folder.string())));
    }
    if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        refuse(path, std::generic_category().message(errno));
    }
    return target;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
    const std::filesystem::path target = output_target(path);
    const std::filesystem::path temporary = target.string() + fmt::format(".{}.tmp", ::getpid());
    errno = 0;
    std::ofstream out(temporary, std::ios::binary);
    out << text;
    out.close();
    std::error_code error;
    if (out) {
        std::filesystem::rename(temporary, target, error);
    } else {
        error = {errno, std::generic_category()};
    }
    if (error) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        refuse(path, error.message());
    }
}

}  // namespace gca
