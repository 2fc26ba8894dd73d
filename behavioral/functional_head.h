// The fast functional engine: one head without RTL. It steps through the same arrays and charge-to-pulse blocks as the
// closed loop does, with the sequencing (ring of columns, window, new sequence) done here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "behavioral/charge_to_pulse.h"
#include "behavioral/config.h"
#include "behavioral/gain_cell_array.h"
#include "behavioral/head.h"

namespace gca {

class FunctionalHead {
 public:
    /// `window` 1..capacity: how many tokens, the present one included, a token sees.
    FunctionalHead(const Config& config, std::size_t window);

    /// The next token starts with an empty window.
    void new_sequence();

    /// One token. Fills `result` (counts for the counter quantiser only) and, if given, `probe`.
    void step(const Token& token, StepResult& result, Probe* probe = nullptr);

    [[nodiscard]] const StepStatistics& statistics() const { return statistics_; }
    /// The arrays as the last step read them.
    [[nodiscard]] const KeyArray& keys() const { return keys_; }
    [[nodiscard]] const ValueArray& values() const { return values_; }

 private:
    void write(const Token& token);
    void read_keys(const Token& token, std::size_t used);
    void sum_counts(StepResult& result);
    void sum_mid_tread(StepResult& result);
    void sum_clamped(StepResult& result);
    void fill(Probe& probe, const Token& token, std::size_t used) const;

    Config config_;
    std::size_t window_;
    TimeBase time_;
    KeyArray keys_;
    ValueArray values_;
    ReluChargeToPulse relu_;
    SignedChargeToPulse signed_;
    std::size_t next_column_ = 0;
    std::size_t filled_ = 0;
    std::vector<std::uint8_t> valid_;
    std::vector<std::uint8_t> codes_;
    std::vector<double> s_;
    std::vector<double> phi_;
    std::vector<double> a_;
    std::vector<std::int8_t> counts_;
    std::vector<double> out_;  ///< the other quantisers' steps or values
    StepStatistics statistics_;
};

}  // namespace gca
