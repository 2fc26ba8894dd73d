// Gives a target the files, and those of the folders, that are named, without libFuzzer:
//
//   build/tests/fuzz/fuzz_config build/tests/fuzz/cases/config tests/fuzz/corpus/config
//
// Before an input is tried, the command that tries it alone is printed: after a crash or a failure, it is the last.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/fuzz/target.h"

namespace {

// No kept input is as long as 64 KB, and no reader needs a thousand times its input.
constexpr long kMostMegabytes = 1024;

std::vector<std::filesystem::path> files_in(const std::filesystem::path& path) {
    if (!std::filesystem::is_directory(path)) {
        return {path};
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

void replay(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
        throw std::runtime_error("cannot be read");
    }
    gca::fuzz::try_input(input);
}

int replay(std::span<char* const> arguments) {
    std::size_t tried = 0;
    for (const char* const argument : arguments.subspan(1)) {
        for (const std::filesystem::path& path : files_in(argument)) {
            fmt::print(stderr, "{} {}\n", arguments[0], path.string());
            replay(path);
            ++tried;
        }
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const long megabytes = usage.ru_maxrss / 1024;  // NOLINT(cppcoreguidelines-pro-type-union-access): glibc's
    fmt::print(stderr, "{} inputs, peak memory {} MB\n", tried, megabytes);
    if (tried == 0 || megabytes > kMostMegabytes) {
        fmt::print(stderr, "must be at least one input, and at most {} MB\n", kMostMegabytes);
        return 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return replay(std::span(argv, static_cast<std::size_t>(argc)));
    } catch (const std::exception& error) {
        std::fputs("failed: ", stderr);
        std::fputs(error.what(), stderr);
        std::fputs("\n", stderr);
        return 1;
    }
}
