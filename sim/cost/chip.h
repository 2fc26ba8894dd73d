// What a head takes: energy a token that follows its activity, and area. Scaled so that the paper's head gives the
// paper's figures.
//
// Arrays: a cell's energy is its charge times the supply, so an array's is proportional to the sum of pulse width times
// current over its cells. The one factor of each array makes the paper's 1120 and 700 pJ of a head of 64 x 64 x 16 with
// cubic cells, a full window and codes that are all equally likely: the paper does not say what was stored and asked
// (assumed here). The charge-to-pulse blocks are in the paper's sums; they can't be told apart and follow the charge,
// too. DACs: alike for each of the 2 x dimension conversions. Digital: the paper's 4 nJ, for other sizes in the ratio
// of the flops, for other schedules in the ratio of the cycles.
//
// Area: a cell's, and the digital part by synthesis; what the paper's head has besides is shared by its charge-to-pulse
// blocks (with DACs and drivers, which the paper does not list).
#pragma once

#include "behavioral/config.h"
#include "sim/cost/activity.h"
#include "sim/cost/digital.h"

namespace gca {

/// Of one token in one head, in pJ.
struct TokenEnergy {
    double key_array = 0.0;  ///< with its charge-to-pulse blocks
    double value_array = 0.0;
    double digital = 0.0;
    double dacs = 0.0;

    [[nodiscard]] double total() const { return key_array + value_array + digital + dacs; }
};

/// Of one head, in mm^2.
struct HeadArea {
    double cells = 0.0;
    double charge_to_pulse = 0.0;
    double digital = 0.0;

    [[nodiscard]] double total() const { return cells + charge_to_pulse + digital; }
};

class Chip {
 public:
    explicit Chip(DigitalFigures digital);

    /// The mean token of `activity`. `cycles` from one token to the next: what the digital part runs for.
    [[nodiscard]] TokenEnergy energy(const Config& config, const Activity& activity, double cycles) const;
    [[nodiscard]] HeadArea area(const Geometry& geometry) const;

    /// Energy for the charge that a cell of 1 unit adds in the longest pulse, in pJ.
    [[nodiscard]] double key_pj_per_charge() const { return key_pj_per_charge_; }
    [[nodiscard]] double value_pj_per_charge() const { return value_pj_per_charge_; }
    [[nodiscard]] double um2_per_block() const { return um2_per_block_; }
    /// What it was calibrated at.
    [[nodiscard]] const Activity& calibration() const { return calibration_; }
    [[nodiscard]] const DigitalFigures& digital() const { return digital_; }

 private:
    DigitalFigures digital_;
    Activity calibration_;
    double key_pj_per_charge_;
    double value_pj_per_charge_;
    double um2_per_block_;
};

/// Charge-to-pulse blocks: one a column, one a sub-tile and output.
[[nodiscard]] std::size_t charge_to_pulse_blocks(const Geometry& geometry);
/// Gain cells of both arrays.
[[nodiscard]] std::size_t gain_cells(const Geometry& geometry);

}  // namespace gca
