// A synthesized head at gate level: a shared library that scripts/gates builds from a netlist (sim/gates/) and that a
// run loads. So a netlist never needs a build of the program.
#pragma once

#include <filesystem>

#include "behavioral/config.h"
#include "sim/rtl_head.h"

namespace gca {

/// The head in `file`. Throws InputError where it is no such library, was built from other sources of this project than
/// the program, or does not fit `config`. The library stays loaded.
[[nodiscard]] const BuiltHead& load_gate_head(const std::filesystem::path& file, const Config& config);

/// What such a library and the program must agree on: a hash of the headers of both, by CMake.
using GateHeadInterface = const char*();
inline constexpr const char* kGateHeadInterface = "gca_gate_head_interface";
/// The library's head.
using GateHeadEntry = const BuiltHead*();
inline constexpr const char* kGateHeadEntry = "gca_gate_head";

}  // namespace gca
