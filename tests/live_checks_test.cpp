// A checker that is bound in a head ends the run of a broken one, and says what does not hold.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "sim/rtl_engine.h"
#include "sim/run.h"

namespace gca {
namespace {

// The head has query pulses that are a cycle too long (live_checks.cmake), but for the longest, code 3. An assertion of the
// module itself notices code 2 only.
std::string complaint_about_a_query_of(double query) {
    Config config;
    config.geometry = {.dim = 1, .tile_tokens = 2, .tiles = 2};
    config.quantization.query_levels = 4;
    config.quantization.store_levels = 2;
    config.quantization.output_levels = 4;
    const Sequences sequences{.heads = 1, .tokens = 1, .dim = 1, .q = {query}, .k = {0.0}, .v = {0.0}};
    RunOptions options;
    options.check = Check::never;
    options.threads = 1;
    std::atomic<std::uint64_t> progress{0};
    testing::internal::CaptureStdout();
    std::string error;
    try {
        (void)run(config, sequences, options, progress);
    } catch (const AssertionError& failed) {
        error = failed.what();
    }
    return testing::internal::GetCapturedStdout() + error;
}

TEST(LiveChecks, ABrokenHeadEndsTheRunWithTheNameOfWhatDoesNotHold) {
    const std::string said = complaint_about_a_query_of(1.0 / 3.0);
    EXPECT_NE(said.find("gca_head.u_pwm_bank.u_check.PulseIsHighInItsFirstCyclesOnly_A"), std::string::npos) << said;
    EXPECT_NE(said.find("gca_head.u_check.ItsQueryPulseIsAsWideAsItsCode_A"), std::string::npos) << said;
    // Accepted in cycle 3, 15 cycles of load, one of a pulse: the edge that ends the next.
    EXPECT_NE(said.find("cycle 20: an assertion of the RTL failed (named above); head 0, token 0 in flight"),
              std::string::npos)
        << said;
}

TEST(LiveChecks, WhatTheBugDoesNotTouchPasses) {
    EXPECT_EQ(complaint_about_a_query_of(1.0), "");
}

}  // namespace
}  // namespace gca
