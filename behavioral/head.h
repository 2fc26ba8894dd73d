// What goes into one head and what comes out: the types that all engines share. They hold data only, no behaviour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gca {

/// One token's projections in hardware range after clamping: q in 0..1, k and v in 0..0.9 V, `dim` values each.
struct Token {
    std::span<const double> q;
    std::span<const double> k;
    std::span<const double> v;
};

/// Analog quantities of one step, filled when a probe is asked for.
struct Probe {
    /// [dim] the query's pulse widths (fraction of the longest pulse).
    std::vector<double> x;
    /// [capacity] charge and pulse width of each K-array column (physical order, fraction of the longest pulse);
    /// columns that hold no token of this sequence are zero.
    std::vector<double> s;
    std::vector<double> phi;
    /// [tiles][dim] charge of the V array before clamping.
    std::vector<double> a;
    /// [tiles][dim] what the output quantiser makes of each charge: signed counts, steps, or the clamped value.
    std::vector<double> out;
};

/// What one token gives.
struct StepResult {
    std::vector<std::int32_t> counts;  ///< [dim] the adders' sums (output quantiser "counter" only)
    std::vector<double> y;             ///< [dim] sum over sub-tiles of their quantised values
};

/// Sums over a run.
struct StepStatistics {
    std::uint64_t phi_saturated = 0;     ///< K-array columns whose pulse reached its longest width
    std::uint64_t counts_saturated = 0;  ///< sub-tile outputs whose counter reached its last level
};

}  // namespace gca
