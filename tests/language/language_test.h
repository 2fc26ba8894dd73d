// What the tests of sim/language/ share: a folder of their own, the small model, messages.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>

#include "behavioral/error.h"
#include "sim/language/language_model.h"

namespace gca {

/// tests/data/language, made by `scripts/compare_gpt2 fixtures`.
inline std::filesystem::path language_data() {
    return std::filesystem::path(GCA_TEST_DATA) / "language";
}

inline std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// What the InputError says that `act` throws; empty if it throws none.
inline std::string message_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

inline bool says(const std::string& message, const std::string& part) {
    return message.find(part) != std::string::npos && message.find('\n') == std::string::npos;
}

/// The small model of hardware attention: 2 layers of 2 heads x 8, window 16, context 48.
inline LanguageModelOptions tiny_model(AttentionEngine engine, unsigned threads = 2) {
    return {.model = language_data() / "tiny.json", .overrides = {}, .engine = engine, .threads = threads};
}

class FolderTest : public ::testing::Test {
 public:
    FolderTest() {
        std::string path = (std::filesystem::temp_directory_path() / "gca_language_XXXXXX").string();
        folder_ = ::mkdtemp(path.data());
    }
    FolderTest(const FolderTest&) = delete;
    FolderTest& operator=(const FolderTest&) = delete;
    ~FolderTest() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

 protected:
    [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] std::filesystem::path write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path(name), std::ios::binary) << bytes;
        return path(name);
    }

 private:
    std::filesystem::path folder_;
};

}  // namespace gca
