// The numbers that the synthesizable array view is loaded with (rtl/board/gca_array_view.sv): cell, leakage and full
// scales of a configuration as whole numbers, and how far counts can then differ from the models'.
#pragma once

#include <cstdint>
#include <vector>

#include "behavioral/config.h"

namespace gca {

/// A built view: its parameters CellW and Leakage.
struct ViewFormat {
    unsigned cell_bits = 16;  ///< of a cell's charge, sign included
    bool leakage = false;     ///< the table has all ages
};

struct ViewTables {
    /// [age][code], codes up to a power of two: charge of a cell for a pulse of one cycle. One age without leakage.
    std::vector<std::int64_t> cell;
    /// The score from which on a pulse of S3 is the longest.
    std::uint64_t full = 0;
    /// [output levels - 1] the least charge of which sample j of S5 sees a pulse.
    std::vector<std::uint64_t> thresholds;
    /// Bits of a threshold.
    unsigned threshold_bits = 0;
    /// A sub-tile's count equals the models' where its exact value is further than this from a rounding threshold, in
    /// counts; nearer, it may be the other of the two neighbours. 0: every count is exact, ties count up.
    double margin = 0.0;
};

/// Throws InputError where the configuration is none of the view's: quantisers off, leakage without its table, charges
/// of more than 64 bits.
[[nodiscard]] ViewTables view_tables(const Config& config, const ViewFormat& format);

}  // namespace gca
