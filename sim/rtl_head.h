// The Verilated head as the rest of the simulator sees it: named pins and one call that settles them. One
// implementation, a template, serves every built geometry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "behavioral/config.h"
#include "sim/trace_signals.h"

namespace gca {

/// Pins of gca_head by the names in rtl/gca_head.sv, and the inner signals of sim/visible.vlt. Single bits are bytes of
/// 0 or 1, vectors are packed bits, bit 0 lowest.
struct HeadPins {
    std::uint8_t* clk = nullptr;
    std::uint8_t* rst_n = nullptr;
    std::uint8_t* pipelined = nullptr;
    std::uint8_t* status_clear = nullptr;
    std::span<std::byte> window;

    std::uint8_t* token_valid = nullptr;
    const std::uint8_t* token_ready = nullptr;
    std::uint8_t* new_sequence = nullptr;
    std::span<std::byte> query;
    std::span<std::byte> key;
    std::span<std::byte> value;

    std::span<const std::byte> k_discharge;
    std::span<const std::byte> k_write;
    std::span<const std::byte> k_dac;
    std::span<const std::byte> k_pulse;
    const std::uint8_t* c2p1_reset = nullptr;
    const std::uint8_t* c2p1_integrate = nullptr;
    const std::uint8_t* c2p1_emit = nullptr;
    std::span<const std::byte> c2p1_valid;

    std::span<const std::byte> v_discharge;
    std::span<const std::byte> v_write;
    std::span<const std::byte> v_dac;
    const std::uint8_t* c2p2_reset = nullptr;
    const std::uint8_t* c2p2_integrate = nullptr;
    const std::uint8_t* c2p2_emit = nullptr;
    std::span<std::byte> pulse;
    std::span<std::byte> sign;

    const std::uint8_t* result_valid = nullptr;
    std::uint8_t* result_ready = nullptr;
    std::span<const std::byte> sum;

    const std::uint32_t* status_tokens = nullptr;
    const std::uint32_t* status_saturated = nullptr;

    // Inside, not pins, and empty at gate level: what the readout has counted, bit b of output e of sub-tile t at
    // (t*bits + b)*dim + e, and the signs that go with it, at t*dim + e.
    std::span<const std::byte> count;
    std::span<const std::byte> count_sign;
};

class RtlHead {
 public:
    RtlHead() = default;
    RtlHead(const RtlHead&) = delete;
    RtlHead& operator=(const RtlHead&) = delete;
    virtual ~RtlHead() = default;

    [[nodiscard]] const HeadPins& pins() const { return pins_; }
    /// Settles the outputs after inputs have changed.
    virtual void eval() = 0;
    /// The rising edge, at `time_ps`. False if an assertion of the RTL has failed; Verilator has printed which.
    [[nodiscard]] virtual bool rise(std::uint64_t time_ps) = 0;

    /// Starts an FST file with the RTL's signals and `extra`, which must outlive the trace; `dump` writes what has
    /// changed, at `time_ps`.
    virtual void open_trace(const std::filesystem::path& file, TraceSignals& extra) = 0;
    virtual void dump(std::uint64_t time_ps) = 0;
    virtual void close_trace() = 0;

    /// All flops and pins, between two cycles.
    [[nodiscard]] virtual std::vector<std::byte> save() = 0;
    /// Takes over what another head of this geometry saved: as many bytes as `save` gives.
    virtual void restore(std::span<const std::byte> state) = 0;

 protected:
    void set_pins(const HeadPins& pins) { pins_ = pins; }

 private:
    HeadPins pins_;
};

/// A geometry that was compiled in (CMake options GCA_GEOMETRIES and GCA_EXTRA_GEOMETRIES).
struct BuiltHead {
    std::string name;
    Geometry geometry;
    unsigned query_levels;
    unsigned store_levels;
    unsigned output_levels;
    Readout readout;
    /// `seed` sets the values with which uninitialised flops wake up.
    std::unique_ptr<RtlHead> (*make)(int seed);
};

[[nodiscard]] const std::vector<BuiltHead>& built_heads();

/// Throws InputError where the configuration has no hardware: a quantiser off, or another output quantiser than the
/// counter. `engine` is for the message.
void require_hardware(const Config& config, std::string_view engine);

[[nodiscard]] bool fits(const BuiltHead& head, const Config& config);

/// The built head for `config`. Throws InputError where the configuration has no hardware (a quantiser off, another
/// output quantiser than the counter) or its geometry was not built, and then says how to build it.
[[nodiscard]] const BuiltHead& find_built_head(const Config& config);

/// The same, or without clock gates where those were not built: all pins are the same in every cycle.
[[nodiscard]] const BuiltHead& find_with_any_gates(const Config& config);

}  // namespace gca
