// Which build this is, for states that only the same build can take over.
#pragma once

#include <string_view>

namespace gca {

/// Sixteen hexadecimal digits: a hash over the sources of everything whose state a checkpoint holds, and over
/// Verilator's version and options. Computed when the program is built (sim/build_id.cmake).
[[nodiscard]] std::string_view build_id();

}  // namespace gca
