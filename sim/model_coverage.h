// Keeps what Verilator counted in a model, for scripts/coverage. Used by builds with GCA_COVERAGE=rtl only.
#pragma once

#include <verilated.h>

#include <string>

namespace gca {

/// Adds the counts of `context`, which belongs to one model of the class `model`, to the file `model`.dat in the folder
/// that the environment variable GCA_COVERAGE_DIR names; does nothing without it. Call it while the model lives.
/// Threads and processes may add at the same time.
///
/// The files are in Verilator's format, without the points' hierarchy: instances of a module count together. A toggle
/// counts once for every two changes that one model saw, so that 1 means both ways.
///
/// Throws std::runtime_error where a file can't be read or written.
void add_coverage(VerilatedContext& context, const std::string& model);

}  // namespace gca
