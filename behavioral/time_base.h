// The one place where continuous time and clock cycles are converted into each other.
//
// A pulse of S1 lasts a whole number of cycles; its width as a fraction of the longest pulse is `width_of_cycles`. A
// pulse of S5 begins with its emit phase and is sampled in the middle of each of that phase's cycles (the analog side
// runs half a clock late, see rtl/gca_head.sv), so the number of samples that see it is its width in cycles rounded to
// the nearest, a tie up. A real chip adds one count of uncertainty: a first synchroniser flop caught at the pulse's
// edge may resolve either way. The models resolve it to the value at the edge.
#pragma once

#include <cmath>
#include <cstddef>

namespace gca {

struct TimeBase {
    unsigned query_cycles = 15;  ///< longest pulse of S1 and S3, in cycles: query levels - 1
    unsigned emit_cycles = 15;   ///< longest pulse of S5, in cycles: output levels - 1

    /// Width, as a fraction of the longest pulse, of a pulse that is high for `cycles` cycles.
    [[nodiscard]] double width_of_cycles(unsigned cycles) const { return static_cast<double>(cycles) / query_cycles; }

    /// Number of the emit phase's samples that see a pulse of `width` (0..1, a fraction of the longest).
    [[nodiscard]] int samples_of_width(double width) const {
        return static_cast<int>(std::floor(width * emit_cycles + 0.5));
    }
};

/// Cycles of a token in the sequencer's schedule (rtl/gca_pkg.sv, rtl/gca_sequencer.sv).
struct Schedule {
    unsigned load_cycles = 15;  ///< discharge 5, write 10
    unsigned score_cycles = 15;
    unsigned mix_cycles = 15;
    unsigned emit_cycles = 15;
    unsigned deliver_cycles = 5;  ///< two synchroniser stages, the count, two adder stages

    [[nodiscard]] static constexpr Schedule of_levels(unsigned query_levels, unsigned output_levels) {
        Schedule s;
        s.score_cycles = query_levels - 1 > s.load_cycles ? query_levels - 1 : s.load_cycles;
        s.mix_cycles = query_levels - 1;
        s.emit_cycles = output_levels - 1;
        return s;
    }
    /// Cycles from the accepting edge to the edge at which the result can be taken.
    [[nodiscard]] constexpr unsigned latency() const {
        return load_cycles + score_cycles + mix_cycles + emit_cycles + deliver_cycles;
    }
    /// Cycles between tokens in pipelined mode: the longest that one resource is busy with a token.
    [[nodiscard]] constexpr unsigned interval() const {
        const unsigned k_busy = load_cycles + score_cycles;
        const unsigned c2p_busy = mix_cycles + (score_cycles > emit_cycles ? score_cycles : emit_cycles);
        return k_busy > c2p_busy ? k_busy : c2p_busy;
    }
};

}  // namespace gca
