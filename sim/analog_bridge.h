// The analog side of a head, driven by the RTL's ana_ pins: gain-cell arrays, charge-to-pulse blocks, and the one place
// where their continuous pulses and the clock's cycles meet (through behavioral/time_base.h).
//
// Once a cycle, after the rising edge, the bridge looks at the controls. Times below are those of the analog side,
// which runs half a clock late (rtl/gca_head.sv). It also holds the RTL to the boundary's contract and throws
// BoundaryError at the first breach: the run is worth nothing from there on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "behavioral/charge_to_pulse.h"
#include "behavioral/config.h"
#include "behavioral/gain_cell_array.h"
#include "behavioral/head.h"
#include "behavioral/state_archive.h"
#include "sim/rtl_head.h"

namespace gca {

/// The RTL broke the contract of the analog boundary. The message names the signal, the cycle, what was expected and
/// seen.
class BoundaryError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

enum class Array { key, value };

/// Told what the analog side does, as it happens: for waveforms and explanations. A control that the RTL changed in
/// `cycle` takes effect half a clock later.
class AnalogObserver {
 public:
    AnalogObserver() = default;
    AnalogObserver(const AnalogObserver&) = delete;
    AnalogObserver& operator=(const AnalogObserver&) = delete;
    virtual ~AnalogObserver() = default;

    /// A column has been discharged, or has taken over the codes [dim] on its DACs.
    virtual void discharged(Array array, std::size_t column) = 0;
    virtual void written(Array array, std::size_t column, std::span<const std::uint8_t> codes) = 0;
    /// The K array is read and S3 begins to emit: pulses of S1 in cycles [dim]; charge and width (a fraction of the
    /// longest pulse) of the columns up to the last one in use. The cells have not aged yet.
    virtual void scored(std::span<const std::uint8_t> cycles, std::span<const double> charge,
                        std::span<const double> width) = 0;
    /// The V array is read and S5 begins to emit: signed samples [tiles][dim] that the clock will see of each pulse,
    /// for pulses of S3 of `width`. The cells have not aged yet.
    virtual void mixed(std::span<const double> width, std::span<const std::int8_t> counts) = 0;
    /// All cells of an array have grown one token older.
    virtual void aged(Array array) = 0;
    /// The end of a cycle, its events told.
    virtual void stepped(std::uint64_t cycle) = 0;
};

class AnalogBridge {
 public:
    AnalogBridge(const Config& config, const HeadPins& pins);
    AnalogBridge(const AnalogBridge&) = delete;
    AnalogBridge& operator=(const AnalogBridge&) = delete;
    ~AnalogBridge() = default;

    /// `observer` is told of everything from now on; null for nobody.
    void observe(AnalogObserver* observer) { observer_ = observer; }
    [[nodiscard]] const KeyArray& keys() const { return keys_; }
    [[nodiscard]] const ValueArray& values() const { return values_; }

    /// The analog side of clock cycle number `cycle`: reads the controls, drives pulse and sign as the next edge will
    /// sample them. With rst_n low whatever was under way is given up; a reset that spans no rising edge is not seen.
    void step(std::uint64_t cycle);

    [[nodiscard]] const StepStatistics& statistics() const { return statistics_; }

    /// What the analog side holds between two cycles; the pins are the RTL's.
    void transfer(StateArchive& archive);

 private:
    /// One array's discharge and write lines, and how long the present column has had each of them.
    struct WritePort {
        Array id;
        const char* array;
        std::span<const std::byte> discharge;
        std::span<const std::byte> write;
        std::span<const std::byte> dac;
        std::size_t column = 0;
        unsigned discharge_cycles = 0;
        unsigned write_cycles = 0;

        void transfer(StateArchive& archive, std::size_t columns);
    };

    /// The column whose line is high, -1 if none is.
    [[nodiscard]] std::ptrdiff_t high_line(std::span<const std::byte> lines, const char* array, const char* what) const;
    template <typename Array>
    void step_write(WritePort& port, Array& array, bool reading);
    /// In reset the integrators are empty and no pulse is high.
    void rest();
    /// A write that a reset cut short leaves no known voltage: the worst, full scale.
    template <typename Array>
    void abandon(WritePort& port, Array& array);
    void count_query_pulses();
    void read_valid_bits();
    void emit_scores();
    void emit_outputs();
    void check_controls() const;
    [[noreturn]] void breach(const std::string& what) const;

    AnalogObserver* observer_ = nullptr;
    HeadPins pins_;
    Geometry geometry_;
    TimeBase time_;
    Schedule schedule_;
    unsigned store_bits_;
    std::uint8_t last_code_;
    KeyArray keys_;
    ValueArray values_;
    ReluChargeToPulse relu_;
    SignedChargeToPulse signed_;
    WritePort k_port_;
    WritePort v_port_;

    std::uint64_t cycle_ = 0;
    bool was_integrate1_ = false;
    bool was_emit1_ = false;
    bool was_emit2_ = false;
    unsigned integrate1_cycles_ = 0;
    unsigned emit1_cycles_ = 0;
    unsigned emit2_cycles_ = 0;
    unsigned sign_cycles_ = 0;                                ///< since emit began
    std::array<std::vector<std::uint64_t>, 8> width_planes_;  ///< pulse widths in cycles, one bit of each row a plane
    std::vector<std::byte> valid_bits_;
    std::vector<std::uint8_t> valid_;  ///< the same, a byte a column
    std::size_t used_ = 0;             ///< columns up to the last valid one
    std::vector<std::uint8_t> codes_;
    std::vector<std::uint8_t> cycles_;
    std::vector<double> charge_;
    std::vector<double> phi_;
    std::vector<std::int8_t> counts_;
    std::vector<std::uint64_t> sign_bits_;
    std::vector<std::uint64_t> late_sign_bits_;           ///< wrong: what a sign flop that samples too late takes
    std::vector<std::uint64_t> sign_mask_;                ///< the bits that are signs
    std::vector<std::vector<std::uint64_t>> level_bits_;  ///< by sample of the emit phase: which pulses are high
    StepStatistics statistics_;
};

}  // namespace gca
