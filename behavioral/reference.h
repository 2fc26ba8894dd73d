// The reference model: one head, straight from the equations of the specification (sections 2, 3 and 5), in plain
// double-precision volts. It shares no code with the behavioural models or the engines (only the data types of config.h
// and head.h), so that an error in one of them shows as a difference.
//
// Token j of a sequence (0 first) sits in column j mod window, and that column in sub-tile column / tile_tokens. Token
// t attends to the tokens max(0, t - window + 1) .. t, itself included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/head.h"

namespace gca {

class Reference {
 public:
    /// A value closer than this to a rounding threshold of the output quantiser, in counts or steps, may be rounded
    /// the other way by another arithmetic.
    static constexpr double kThresholdMargin = 1e-9;

    /// `window` tokens, 1 .. config.geometry.capacity(). Reads geometry, quantization, cell, charge_to_pulse and
    /// leakage of `config`; tokens come scaled already.
    /// Throws std::invalid_argument that names the value and its limit.
    /// `threshold_margin`, in counts or steps, takes the place of kThresholdMargin where results of coarser arithmetic
    /// are compared.
    Reference(const Config& config, std::size_t window, double threshold_margin = kThresholdMargin);

    /// The next token is the first of a sequence: it sees only itself. Totals go on.
    void new_sequence();

    /// Adds `token` to the sequence and computes what the head gives for it. `result.counts` is left empty unless the
    /// output quantiser is "counter"; `result.y` holds `dim` values. `probe`, if given, is resized and filled.
    /// Throws std::invalid_argument, and changes nothing, if the token has another size than `dim` or a value out of
    /// its range (q 0..1, k and v 0..0.9 V).
    void step(const Token& token, StepResult& result, Probe* probe = nullptr);

    /// [dim] of the last step: how many sub-tiles were within the margin of a rounding threshold of the output
    /// quantiser. Where it is not zero, a comparison of `counts` or `y` says nothing.
    [[nodiscard]] std::span<const std::uint32_t> near_threshold() const { return near_threshold_; }

    /// [tiles][dim] of the last step: 1 where that sub-tile's value was so near.
    [[nodiscard]] std::span<const std::uint8_t> near_threshold_tiles() const { return near_threshold_tiles_; }

    /// Sum of near_threshold() over all steps and outputs.
    [[nodiscard]] std::uint64_t near_threshold_total() const { return near_threshold_total_; }

    /// How many values of q, k and v, over all steps, were within kThresholdMargin (in levels) of a threshold of the
    /// input quantisers. The rule there is exact: nearest of q*(levels-1) or v/0.9*(levels-1), half to even.
    [[nodiscard]] std::uint64_t inputs_near_threshold_total() const { return inputs_near_threshold_total_; }

    /// A token that the last step attended to. In force is the cell's charge at voltage_factor * u, times
    /// charge_factor.
    struct Seen {
        std::size_t index = 0;  ///< its place in the sequence
        std::size_t column = 0;
        std::span<const double> key_u;    ///< [dim] stored key minus 0.45 V, as written
        std::span<const double> value_u;  ///< [dim] stored value minus 0.45 V, as written
        double voltage_factor = 1.0;      ///< what leakage has left of u
        double charge_factor = 1.0;       ///< what leakage has left of the whole charge
    };
    /// Number `i` of these tokens, oldest first; `i` below seen_tokens().
    [[nodiscard]] Seen seen(std::size_t i) const;
    [[nodiscard]] std::size_t seen_tokens() const { return history_.size(); }

    /// Totals over all steps; counts_saturated stays 0 when the output quantiser is off.
    [[nodiscard]] const StepStatistics& statistics() const { return statistics_; }

    /// Coefficients c[i] in force: a cell adds x * sum over i of c[i] u^i.
    [[nodiscard]] std::span<const double> coefficients() const { return coefficients_; }

 private:
    struct PastToken {
        std::size_t index = 0;        ///< place in the sequence, 0 first
        std::vector<double> key_u;    ///< [dim] stored key minus 0.45 V, as written
        std::vector<double> value_u;  ///< [dim] stored value minus 0.45 V, as written
    };

    void check(const Token& token) const;
    double quantize_input(double value, double full_scale, unsigned levels);
    [[nodiscard]] double output_scale() const;
    [[nodiscard]] std::int32_t quantize_output(double out) const;
    void attend(std::size_t now, Probe* probe);
    void read_out(StepResult& result, Probe* probe);

    Geometry geometry_;
    Quantization quantization_;
    ChargeToPulse charge_to_pulse_;
    std::size_t window_;
    double threshold_margin_;
    std::vector<double> coefficients_;
    std::vector<double> voltage_factor_;  ///< [window] by age: what is left of u
    std::vector<double> charge_factor_;   ///< [window] by age: what is left of the cell's whole charge

    std::size_t next_index_ = 0;     ///< place of the next token in its sequence
    std::deque<PastToken> history_;  ///< the last `window` tokens of this sequence, oldest first

    std::vector<double> query_;        ///< [dim] quantised, fraction of the longest pulse
    std::vector<double> tile_charge_;  ///< [tiles][dim] A

    std::vector<std::uint32_t> near_threshold_;
    std::vector<std::uint8_t> near_threshold_tiles_;
    std::uint64_t near_threshold_total_ = 0;
    std::uint64_t inputs_near_threshold_total_ = 0;
    StepStatistics statistics_;
};

}  // namespace gca
