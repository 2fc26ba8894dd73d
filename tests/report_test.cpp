// What a run says of itself where it differs from the reference; a run that agrees is cli_test.py's.

#include "sim/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace gca {
namespace {

class Report : public testing::Test {
 protected:
    void SetUp() override {
        sequences_ = {.heads = 2, .tokens = 3, .dim = 64, .q = {}, .k = {}, .v = {}};
        result_.check = {.done = true, .outputs = 384, .mismatches = 7, .largest_difference = 0.5, .first = {}};
    }
    void TearDown() override { std::filesystem::remove(file_); }

    [[nodiscard]] nlohmann::json check() const {
        write_report(file_, Config{}, sequences_, RunOptions{}, result_);
        return nlohmann::json::parse(std::ifstream(file_)).at("check");
    }

    std::filesystem::path file_ =
        std::filesystem::temp_directory_path() / ("gca_report_test_" + std::to_string(getpid()) + ".json");
    Sequences sequences_;
    RunResult result_;
};

TEST_F(Report, NamesTheFirstMismatch) {
    result_.check.first = Mismatch{.head = 1, .token = 2, .output = 33, .expected = -7.0, .got = 8.0};
    EXPECT_EQ(check().at("first"),
              nlohmann::json({{"head", 1}, {"token", 2}, {"output", 33}, {"expected", -7.0}, {"got", 8.0}}));
    EXPECT_EQ(check().at("mismatches"), 7);
    const std::string table = format_table(Config{}, sequences_, RunOptions{}, result_);
    EXPECT_NE(table.find("7 of 384 outputs differ, by at most 0.5\n"), std::string::npos) << table;
    EXPECT_NE(table.find("first: head 1, token 2, output 33: expected -7, got 8\n"), std::string::npos) << table;
}

TEST_F(Report, HasNoFirstMismatchWithoutOne) {
    result_.check.mismatches = 0;
    EXPECT_FALSE(check().contains("first"));
    EXPECT_EQ(format_table(Config{}, sequences_, RunOptions{}, result_).find("first"), std::string::npos);
}

}  // namespace
}  // namespace gca
