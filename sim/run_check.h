// A run's outputs against the reference and against softmax attention.
#pragma once

#include <cstddef>

#include "behavioral/config.h"
#include "sim/run.h"
#include "sim/sequences.h"

namespace gca {

/// Seconds that `check_run` takes on one thread, from a first stretch of one head.
[[nodiscard]] double estimate_check(const Config& config, const Sequences& sequences, std::size_t window);

/// Fills `run.check`: every output against the reference, but for those that it has on a rounding threshold, and each
/// head against softmax attention.
void check_run(const Config& config, const Sequences& sequences, RunResult& run);

}  // namespace gca
