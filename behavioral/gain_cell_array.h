// The two gain-cell arrays of a head. A column holds one token: `dim` capacitors, written through `dim` DACs.
//
// A cell adds the charge x * sum_i c_i u^i for a pulse of width x (a fraction of the longest). Leakage: `age` lets all
// cells grow one token older; a write makes a column new. In the voltage form the term of order i decays by a^i, in the
// product form every term by a.
//
// Where both quantisers are on, the dot products are sums of whole numbers, computed by the integer kernels. Otherwise,
// and for polynomials of degree above 3 or more levels than the tables hold, they are sums of doubles in a fixed order.
// Which of the two applies follows from the configuration alone, so that equal runs give equal bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "behavioral/charge_to_pulse.h"
#include "behavioral/codec.h"
#include "behavioral/config.h"
#include "behavioral/kernels.h"
#include "behavioral/level_basis.h"
#include "behavioral/state_archive.h"

namespace gca {

/// What both arrays have in common: the cell's polynomial, and what leakage has left of each column.
class ColumnCharges {
 public:
    explicit ColumnCharges(const Config& config);

    void write(std::size_t column) { remaining_[column] = 1.0; }
    void age() {
        if (decay_ != 1.0) {
            kernels::decay(decay_, remaining_.size(), remaining_.data());
        }
    }

    [[nodiscard]] bool integer() const { return integer_; }
    [[nodiscard]] const LevelBasis& basis() const { return basis_; }
    /// Coefficient of order `i` of a column just written, in powers of the whole level (integer()) or of u in volts.
    [[nodiscard]] double fresh(std::size_t i) const { return fresh_[i]; }
    /// For the kernels, from column `first` on; integer() only.
    [[nodiscard]] kernels::CellTerms terms(std::size_t first) const {
        return {.fresh = {fresh_[0], fresh_[1], fresh_[2], fresh_[3]},
                .voltage_form = voltage_form_,
                .remaining = remaining_.data() + first};
    }
    /// Charge of a cell at `level` in `column` for a pulse of full width.
    [[nodiscard]] double cell(std::size_t column, double level) const {
        const double a = remaining_[column];
        return voltage_form_ ? polynomial(a * level) : a * polynomial(level);
    }
    /// Volts of a cell that was written with `u` volts above the offset. In the product form the charge decays and the
    /// voltage stays.
    [[nodiscard]] double volts(std::size_t column, double u) const {
        return kOffsetV + (voltage_form_ ? remaining_[column] * u : u);
    }
    [[nodiscard]] bool leaks() const { return decay_ != 1.0; }

    void transfer(StateArchive& archive) { archive.numbers<double>("cells' remaining part", remaining_, 0.0, 1.0); }

 private:
    [[nodiscard]] double polynomial(double level) const {
        double value = 0.0;
        for (std::size_t i = fresh_.size(); i-- > 0;) {
            value = value * level + fresh_[i];
        }
        return value;
    }

    bool integer_ = false;
    bool voltage_form_;
    double decay_;  ///< factor a token
    LevelBasis basis_;
    std::vector<double> fresh_;      ///< [orders]
    std::vector<double> remaining_;  ///< [columns] 1 when written
};

/// Stored codes in the order in which the kernels read them.
class CodeMatrix {
 public:
    CodeMatrix(std::size_t lanes, std::size_t steps);

    void set(std::size_t lane, std::size_t step, std::uint8_t code) { codes_[index(lane, step)] = code; }
    [[nodiscard]] std::uint8_t get(std::size_t lane, std::size_t step) const { return codes_[index(lane, step)]; }
    [[nodiscard]] kernels::CodeView view() const { return {codes_.data(), lanes_, quads_}; }
    [[nodiscard]] std::size_t lanes() const { return lanes_; }
    [[nodiscard]] std::size_t quads() const { return quads_; }

    /// Codes of at most `greatest`.
    void transfer(StateArchive& archive, std::uint8_t greatest) {
        archive.numbers<std::uint8_t>("stored code", codes_, 0, greatest);
    }

 private:
    [[nodiscard]] std::size_t index(std::size_t lane, std::size_t step) const {
        return (step / kernels::kQuad * lanes_ + lane) * kernels::kQuad + step % kernels::kQuad;
    }

    std::size_t lanes_;
    std::size_t quads_;
    std::vector<std::uint8_t> codes_;
};

/// K array: word lines are the query's pulses, one bit line a column (a token).
class KeyArray {
 public:
    explicit KeyArray(const Config& config);

    /// All cells of the column to 0 V.
    void discharge(std::size_t column);
    /// Charges the column to the DAC's voltages; `codes` [dim]. Needs store levels.
    void write(std::size_t column, std::span<const std::uint8_t> codes);
    /// Charges the column to any voltages, [dim], 0..0.9 V: for the unquantised models.
    void write_volts(std::size_t column, std::span<const double> volts);

    /// Charge of the columns 0..charge.size()-1 for pulses of `cycles` [dim] clock cycles.
    void read(std::span<const std::uint8_t> cycles, const TimeBase& time, std::span<double> charge);
    /// The same for pulses of any width [dim], 0..1.
    void read_widths(std::span<const double> widths, std::span<double> charge) const;

    void age() { columns_.age(); }

    /// One cell: its voltage, and its charge for a pulse of full width.
    [[nodiscard]] double cell_volts(std::size_t column, std::size_t row) const;
    [[nodiscard]] double cell_charge(std::size_t column, std::size_t row) const;
    [[nodiscard]] bool leaks() const { return columns_.leaks(); }

    /// What the cells hold.
    void transfer(StateArchive& archive);

 private:
    std::size_t dim_;
    ColumnCharges columns_;
    Dac dac_;
    CodeMatrix codes_;       ///< lane = column, step = row (integer only)
    std::vector<double> u_;  ///< [dim][columns] volts (otherwise)
    std::size_t capacity_;
    std::vector<std::int8_t> digits_;
    std::vector<std::int32_t> moments_;
    std::vector<double> widths_;
};

/// V array: word lines are the pulses of S3, one bit line an output and sub-tile.
class ValueArray {
 public:
    explicit ValueArray(const Config& config);

    void discharge(std::size_t column);
    void write(std::size_t column, std::span<const std::uint8_t> codes);
    void write_volts(std::size_t column, std::span<const double> volts);

    /// Charge [tiles][dim] of every bit line for pulses of `widths` [columns]: the sum over the sub-tile's columns in
    /// order.
    void read(std::span<const double> widths, std::span<double> charge) const;

    /// What the clock counts of the pulses that `read`'s charges give: signed samples [tiles][dim], the same numbers as
    /// `c2p.signed_samples` of each charge. Where it can, it takes a shorter way: sums of rounded weights, exact but
    /// for a known bound; only charges within that bound of a rounding threshold are computed in full.
    void read_counts(std::span<const double> widths, const SignedChargeToPulse& c2p, std::span<std::int8_t> counts);

    void age() { columns_.age(); }

    /// One cell: its voltage, and its charge for a pulse of full width.
    [[nodiscard]] double cell_volts(std::size_t column, std::size_t output) const;
    [[nodiscard]] double cell_charge(std::size_t column, std::size_t output) const;
    [[nodiscard]] bool leaks() const { return columns_.leaks(); }

    /// What the cells hold.
    void transfer(StateArchive& archive);

 private:
    /// One sub-tile: `widths` of its columns up to the last one in use, `counts` [dim].
    void read_tile_counts(std::span<const double> widths, std::size_t tile, const SignedChargeToPulse& c2p,
                          std::span<std::int8_t> counts);

    Geometry geometry_;
    ColumnCharges columns_;
    Dac dac_;
    std::vector<CodeMatrix> codes_;  ///< a sub-tile each: lane = output, step = column (integer only)
    std::vector<double> u_;          ///< [columns][dim] volts (otherwise)
    bool short_way_ = false;
    std::array<double, kernels::kMoments> weight_scale_{};
    double error_per_column_ = 0.0;
    std::vector<std::int32_t> words_;
    std::vector<double> constants_;
    std::vector<std::int8_t> digits_;
    std::vector<std::int32_t> moments_;
    std::vector<std::uint8_t> uncertain_;
    std::vector<double> charge_;
};

}  // namespace gca
