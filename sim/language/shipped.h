// Files that come with the program, at the paths that CMake recorded.
#pragma once

#include <filesystem>

namespace gca::shipped {

[[nodiscard]] std::filesystem::path model();  ///< a small language model on cubic cells: sim/data/austen/README.md
[[nodiscard]] std::filesystem::path unseen_text();      ///< that it was not trained on
[[nodiscard]] std::filesystem::path digital_figures();  ///< of the periphery: scripts/digital_figures

}  // namespace gca::shipped
