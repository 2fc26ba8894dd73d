// What a run says of itself where it differs from the reference; a run that agrees is cli_test.py's.

#include "sim/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace gca {
namespace {

const Sequences kSequences{.heads = 2, .tokens = 3, .dim = 64, .q = {}, .k = {}, .v = {}};

RunResult result_with(std::uint64_t mismatches, std::optional<Mismatch> first) {
    RunResult result;
    result.check = {.done = true, .outputs = 384, .mismatches = mismatches, .largest_difference = 0.5, .first = first};
    return result;
}

nlohmann::json check_of(const RunResult& result) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("gca_report_test_" + std::to_string(getpid()) + ".json");
    write_report(file, Config{}, kSequences, RunOptions{}, result);
    const nlohmann::json json = nlohmann::json::parse(std::ifstream(file));
    std::filesystem::remove(file);
    return json.at("check");
}

TEST(Report, NamesTheFirstMismatch) {
    const RunResult result =
        result_with(7, Mismatch{.head = 1, .token = 2, .output = 33, .expected = -7.0, .got = 8.0});
    const nlohmann::json check = check_of(result);
    EXPECT_EQ(check.at("first"),
              nlohmann::json({{"head", 1}, {"token", 2}, {"output", 33}, {"expected", -7.0}, {"got", 8.0}}));
    EXPECT_EQ(check.at("mismatches"), 7);
    const std::string table = format_table(Config{}, kSequences, RunOptions{}, result);
    EXPECT_NE(table.find("7 of 384 outputs differ, by at most 0.5\n"), std::string::npos) << table;
    EXPECT_NE(table.find("first: head 1, token 2, output 33: expected -7, got 8\n"), std::string::npos) << table;
}

TEST(Report, HasNoFirstMismatchWithoutOne) {
    const RunResult result = result_with(0, {});
    EXPECT_FALSE(check_of(result).contains("first"));
    EXPECT_EQ(format_table(Config{}, kSequences, RunOptions{}, result).find("first"), std::string::npos);
}

}  // namespace
}  // namespace gca
