// The analog side as waveforms, with points inside the clock cycle.
//
// Voltages and charges are what the models hold; between the model's own points they are drawn as the circuit moves: a
// bit line's charge is the sum of constant currents, so it rises in straight pieces that bend where a pulse begins or
// ends; a charge-to-pulse block's ramp falls from the clamped charge at a constant rate, and its pulse lasts until the
// ramp meets the comparator's threshold, zero. Every edge has its true time, to the picosecond; between edges there is
// a point at least every kGridPs. Where a phase begins or ends, charges and ramps have a point just before it too, also
// where they stay: a viewer that draws straight lines between points then draws what happens.
//
// Signals, under the scope `analog`, for each chosen sub-tile T, bit line C and row R:
//   thresholds.*                what the ramps are compared with, and the charge of the longest pulse (s_sat, a_sat)
//   tile_T.s0_key_v.cC_rR       volts of the K array's cell; s0_value_v the V array's (column C, output R)
//   tile_T.s2_charge.cC         K array's bit line; stays until the next integration
//   tile_T.s3_ramp, s3_pulse, s3_width_ns .cC
//   tile_T.s4_charge.eE         V array's bit line of output E
//   tile_T.s5_ramp, s5_pulse, s5_negative, s5_width_ns .eE
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "behavioral/config.h"
#include "sim/analog_bridge.h"
#include "sim/rtl_head.h"
#include "sim/trace_options.h"
#include "sim/trace_signals.h"

namespace gca {

class AnalogTrace final : public AnalogObserver {
 public:
    static constexpr std::uint64_t kGridPs = 500;

    /// Adds the signals; `bridge` is asked for cells and must outlive this.
    AnalogTrace(const Config& config, TraceSelection selection, const AnalogBridge& bridge, const HeadPins& pins,
                TraceSignals& signals);

    /// The next time after `now` at which a signal has a point, or UINT64_MAX.
    [[nodiscard]] std::uint64_t next_point(std::uint64_t now_ps) const;
    /// Sets all signals to their values at `time_ps`; times do not go back.
    void settle(std::uint64_t time_ps);

    void discharged(Array array, std::size_t column) override;
    void written(Array array, std::size_t column, std::span<const std::uint8_t> codes) override;
    void scored(std::span<const std::uint8_t> cycles, std::span<const double> charge,
                std::span<const double> width) override;
    void mixed(std::span<const double> width, std::span<const std::int8_t> counts) override;
    void aged(Array array) override;
    void stepped(std::uint64_t cycle) override;

 private:
    /// A bit line of a chosen sub-tile and the charge-to-pulse block at its end. Times in ps.
    struct Line {
        std::size_t index = 0;  ///< of the array's bit lines: K: column of the head; V: sub-tile * dim + output
        double charge = 0.0;
        double slope = 0.0;             ///< a ps
        double ramp_top = 0.0;          ///< the clamped charge, where the ramp begins
        std::uint64_t pulse_end = 0;    ///< 0: no pulse
        std::size_t charge_signal = 0;  ///< numbers of TraceSignals
        std::size_t ramp_signal = 0;
        std::size_t pulse_signal = 0;
        std::size_t width_signal = 0;
        std::size_t negative_signal = 0;
    };
    /// The end of a pulse of S3: here the V array's bit lines bend.
    struct Edge {
        double time = 0.0;
        std::size_t column = 0;
    };
    struct Tile {
        std::size_t index = 0;
        std::vector<Line> k_lines;
        std::vector<Line> v_lines;
        std::vector<double> cell_charges;  ///< [k_lines][dim] of the present integration, a ps of pulse
        std::vector<Edge> edges;           ///< in time order
        std::size_t next_edge = 0;
        std::size_t key_cells = 0;  ///< first of the signals [k_lines][rows]
        std::size_t value_cells = 0;
    };

    [[nodiscard]] std::size_t add_cells(const Tile& tile, const char* stage);
    [[nodiscard]] std::vector<Line> add_lines(std::size_t tile, Array array);
    void show_cells(Array array, const Tile& tile, std::size_t line);
    void show_column(Array array, std::size_t column);
    void step_score();
    void begin_mix(Tile& tile, std::span<const double> width);
    static void integrate(std::vector<Line>& lines, double time);
    /// The RTL has begun or ended a phase, which the analog side has not followed yet.
    [[nodiscard]] bool turns() const;
    void show_block(const Line& line, double full_scale, double longest, double begin, bool emitting, bool again);

    const AnalogBridge* bridge_;
    HeadPins pins_;
    TraceSignals* signals_;
    TraceSelection selection_;
    Geometry geometry_;
    ChargeToPulse full_scale_;
    double s3_longest_;  ///< ps
    double s5_longest_;
    std::vector<Tile> tiles_;
    std::vector<std::size_t> high_rows_;  ///< of the K array in this cycle
    std::uint64_t now_ = 0;               ///< ps, of the values last set
    bool scoring_ = false;
    bool mixing_ = false;
    bool emitting_ = false;
    bool turned_ = false;  ///< at now_
    double mix_begin_ = 0.0;
    double emit_begin_ = 0.0;
    std::vector<double> widths_;   ///< [capacity] of the chosen sub-tiles, zero elsewhere
    std::vector<double> charges_;  ///< [tiles][dim]
};

}  // namespace gca
