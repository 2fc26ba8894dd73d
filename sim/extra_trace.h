// Writes TraceSignals into the FST file of a Verilated model, through the callbacks by which models write theirs.
// Included by the generated file of each built geometry only.
#pragma once

#include <verilated.h>
#include <verilated_fst_c.h>

#include <cstddef>
#include <cstdint>

#include "sim/trace_signals.h"

namespace gca {

class ExtraTrace {
 public:
    /// Before `trace` is opened; both must outlive it.
    ExtraTrace(TraceSignals& signals, VerilatedFst& trace);

 private:
    // A signal's codes are two words of Verilator's buffer of old values, as a real number needs.
    static constexpr std::uint32_t kWords = 2;

    static void declare(void* self, VerilatedFst* trace, std::uint32_t first_code);
    static void write_all(void* self, VerilatedFst::Buffer* buffer);
    static void write_changes(void* self, VerilatedFst::Buffer* buffer);
    void write(VerilatedFst::Buffer& buffer, std::size_t signal) const;

    TraceSignals* signals_;
    std::uint32_t first_code_ = 0;
};

}  // namespace gca
