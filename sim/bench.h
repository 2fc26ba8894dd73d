// `gca bench`: head-tokens a second of every engine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "behavioral/config.h"

namespace gca {

struct BenchRow {
    std::string name;
    unsigned threads = 1;
    double median_per_s = 0.0;
    double best_per_s = 0.0;
};

struct BenchReport {
    std::string vector_extension;
    std::vector<BenchRow> rows;
    double rtl_two_thread_ratio = 0.0;  ///< two threads against one, runs taken in turn
    double functional_two_thread_ratio = 0.0;
    double head_bytes = 0.0;  ///< memory that one more simulated head takes
};

/// Runs each engine over a full window, `repeats` times, the engines in turn so that a change of the machine's speed
/// meets all of them. Each run lasts about `seconds`.
[[nodiscard]] BenchReport run_bench(const Config& config, unsigned repeats, double seconds);

[[nodiscard]] std::string format_bench(const BenchReport& report);
[[nodiscard]] std::string bench_json(const BenchReport& report);

}  // namespace gca
