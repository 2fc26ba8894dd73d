// A pass over a configuration's text before toml++ reads it. It refuses what toml++ 3.3.0 and 3.4.0 (Debian 12 and 13)
// cannot be given, and no configuration needs: a long dotted key overflows the stack (toml++ #242), many dotted keys
// take time that grows with their square, and characters outside ASCII reach undefined behaviour (#305). Wherever it
// misreads a text that is not TOML, toml++ stops before that place.
#pragma once

#include <string_view>

namespace gca {

/// Throws InputError that names `file` and the line.
void check_toml_text(std::string_view text, std::string_view file);

}  // namespace gca
