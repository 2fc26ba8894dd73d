// The digital periphery's size and energy, from a file that scripts/digital_figures made by synthesis.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "behavioral/config.h"

namespace gca {

/// A count that grows with a head's sizes: a plane through synthesized ones.
struct SizeFit {
    double fixed = 0.0;
    double per_row = 0.0;      ///< of the head's dimension
    double per_column = 0.0;   ///< of the window's capacity
    double per_counter = 0.0;  ///< one a sub-tile and output

    [[nodiscard]] double at(const Geometry& geometry) const;
};

struct DigitalFigures {
    std::string command;
    std::string library;
    SizeFit kge;  ///< thousands of NAND2
    SizeFit flops;
    double worst_misfit = 0.0;  ///< of kge, relative
    double nand2_um2 = 0.0;     ///< on the 28 nm-class node
    /// In the library, by recorded toggles of one size.
    double clock_pj_per_flop_cycle = 0.0;
    double other_pj_per_flop_token = 0.0;
    std::string energy_size;
    double factor_low = 0.0;  ///< from the library to the 28 nm-class node, two published ways
    double factor_high = 0.0;

    [[nodiscard]] double area_mm2(const Geometry& geometry) const;
    /// In the library, for a token that takes so many cycles.
    [[nodiscard]] double token_pj(const Geometry& geometry, double cycles) const;
};

/// Throws InputError with the file and the key that is missing or no positive number.
[[nodiscard]] DigitalFigures load_digital_figures(const std::filesystem::path& file);

}  // namespace gca
