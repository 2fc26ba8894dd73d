#include "sim/model_coverage.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <verilated_cov.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

namespace gca {
namespace {

using Counts = std::map<std::string, std::uint64_t>;

/// Holds a file's lock while it lives.
class FileLock {
 public:
    explicit FileLock(const std::filesystem::path& file) : descriptor_(creat(file.c_str(), 0666)) {
        if (descriptor_ < 0 || flock(descriptor_, LOCK_EX) != 0) {
            throw std::runtime_error(file.string() + ": can't be locked");
        }
    }
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    FileLock(FileLock&&) = delete;
    FileLock& operator=(FileLock&&) = delete;
    ~FileLock() { close(descriptor_); }

 private:
    int descriptor_;
};

/// A point's key without its hierarchy, which is the field that begins with \1h\2.
std::string without_hierarchy(std::string key) {
    const std::size_t begin = key.find("\001h\002");
    if (begin != std::string::npos) {
        key.erase(begin, key.find_first_of("\001'", begin + 1) - begin);
    }
    return key;
}

/// Lines are C 'key' count; the first line, a comment, and others are left out.
void add_file(const std::filesystem::path& file, Counts& counts, bool fresh) {
    std::ifstream stream(file);
    std::string line;
    while (std::getline(stream, line)) {
        const std::size_t end = line.rfind("' ");
        if (line.rfind("C '", 0) != 0 || end == std::string::npos) {
            continue;
        }
        std::uint64_t count = std::stoull(line.substr(end + 2));
        std::string key = line.substr(0, end + 2);
        if (fresh) {
            key = without_hierarchy(key);
            if (key.find("\002v_toggle/") != std::string::npos) {
                count /= 2;
            }
        }
        counts[key] += count;
    }
    if (stream.bad()) {
        throw std::runtime_error(file.string() + ": can't be read");
    }
}

}  // namespace

void add_coverage(VerilatedContext& context, const std::string& model) {
    const char* folder = std::getenv("GCA_COVERAGE_DIR");
    if (folder == nullptr) {
        return;
    }
    const std::filesystem::path file = std::filesystem::path(folder) / (model + ".dat");
    const std::string name = file.string();
    const FileLock lock(name + ".lock");
    Counts counts;
    add_file(file, counts, false);
    context.coveragep()->write((name + ".new").c_str());
    add_file(name + ".new", counts, true);
    std::ofstream stream(file);
    stream << "# SystemC::Coverage-3\n";
    for (const auto& [key, count] : counts) {
        stream << key << count << '\n';
    }
    stream.close();
    if (!stream) {
        throw std::runtime_error(name + ": can't be written");
    }
}

}  // namespace gca
