// Everything that a run can be told about the chip, with the paper's values as defaults.
//
// Sources: [P] is Leroux, Manea et al., arXiv 2409.19315; [D] is a decision of this project.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace gca {

/// Size of one head. The window capacity is `tile_tokens * tiles` columns.
struct Geometry {
    std::size_t dim = 64;          ///< head dimension: rows of the K array, outputs of the V array [P]
    std::size_t tile_tokens = 64;  ///< tokens (columns) a sub-tile [P]
    std::size_t tiles = 16;        ///< sub-tiles a head [P]

    [[nodiscard]] std::size_t capacity() const { return tile_tokens * tiles; }
    bool operator==(const Geometry&) const = default;
};

enum class OutputQuantizer {
    counter,    ///< the hardware: nearest whole cycle of the pulse and a sign, -levels+1 .. levels-1
    mid_tread,  ///< the authors' training code: step 2/(2*levels-1), half to even, 33 codes at 16 levels
    off,        ///< the clamped value itself
};

/// Number of levels of each converter; 0 turns a quantiser off (functional and reference engines only).
struct Quantization {
    unsigned query_levels = 16;  ///< codes 0..15 over 0..1 of the longest pulse [P]
    unsigned store_levels = 8;   ///< codes 0..7 over 0..0.9 V [P]
    OutputQuantizer output = OutputQuantizer::counter;
    unsigned output_levels = 16;  ///< levels of the pulse counter, sign not included [P]
    bool operator==(const Quantization&) const = default;
};

enum class CellModel { cubic, linear, polynomial };

/// Charge of one cell: `x * sum_i coefficients[i] u^i`, u = stored voltage - 0.45 V, at V_in = 0.9 V.
/// `coefficients` is read by the polynomial model only; `cell_coefficients` gives those in force.
struct Cell {
    CellModel model = CellModel::cubic;
    std::vector<double> coefficients;
    bool operator==(const Cell&) const = default;
};

/// Charge at which each charge-to-pulse block gives its longest pulse, in units of the cell's charge [P].
struct ChargeToPulse {
    double s_sat = 80.0;
    double a_sat = 40.0;
    bool operator==(const ChargeToPulse&) const = default;
};

enum class LeakageForm {
    off,
    voltage,  ///< physical: u becomes a*u, so the term of order i decays by a^i
    product,  ///< the whole charge of the cell decays by a
};

/// After n tokens a = exp(-n * decay_per_token). Age 0: written in this step.
struct Leakage {
    LeakageForm form = LeakageForm::voltage;
    double decay_per_token = 1.56e-4;  ///< 12 layers * 65 ns / 5 ms [P]
    bool operator==(const Leakage&) const = default;
};

/// `a*x + b`, one number for all heads or one a head.
struct Scaler {
    std::vector<double> a{1.0};
    std::vector<double> b{0.0};

    [[nodiscard]] double gain(std::size_t head) const { return a.size() == 1 ? a[0] : a.at(head); }
    [[nodiscard]] double offset(std::size_t head) const { return b.size() == 1 ? b[0] : b.at(head); }
    bool operator==(const Scaler&) const = default;
};

struct Scalers {
    Scaler q;
    Scaler k;
    Scaler v;
    Scaler output;
    bool operator==(const Scalers&) const = default;
};

/// Which build of the RTL: its parameters ReadoutStyle and ClockGates. The results are the same.
enum class Readout { counters, counters_gated, popcount, popcount_gated };

struct Hardware {
    Readout readout = Readout::counters;
    bool operator==(const Hardware&) const = default;
};

struct Config {
    Geometry geometry;
    Quantization quantization;
    Cell cell;
    ChargeToPulse charge_to_pulse;
    Leakage leakage;
    Scalers scalers;
    Hardware hardware;
    bool operator==(const Config&) const = default;
};

/// Supply of the cells and the voltage at which a centred cell is, in volts [P].
inline constexpr double kSupplyV = 0.9;
inline constexpr double kOffsetV = 0.45;

}  // namespace gca
