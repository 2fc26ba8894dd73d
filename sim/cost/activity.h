// How much a head does for a token: pulses and the charges that they let flow. What the arrays' energy follows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "behavioral/config.h"
#include "behavioral/functional_head.h"
#include "behavioral/head.h"

namespace gca {

/// Sums over tokens. A charge is counted by its magnitude: a current flows whichever its sign.
struct Activity {
    std::uint64_t tokens = 0;
    std::uint64_t columns = 0;         ///< that held a token of the window
    std::uint64_t silent_columns = 0;  ///< of these: no pulse of S3
    double query_width = 0.0;          ///< of S1's pulses, over the rows, in longest pulses
    double score_width = 0.0;          ///< of S3's pulses, over the columns
    double key_charge = 0.0;           ///< of the K array's cells
    double value_charge = 0.0;         ///< of the V array's cells

    Activity& operator+=(const Activity& other);
};

/// Watches one head: a functional head beside it computes the same pulses, to the bit, whatever computed the results.
class ActivityMeter {
 public:
    /// `window` 1..capacity, as FunctionalHead's.
    ActivityMeter(const Config& config, std::size_t window) : window_(window), head_(config, window) {}

    /// The next token starts with an empty window.
    void new_sequence();
    /// Adds a token and returns what it took.
    Activity step(const Token& token);
    /// A token that fills the window and is not counted.
    void fill(const Token& token);

    [[nodiscard]] const Activity& total() const { return total_; }

 private:
    std::size_t window_;
    FunctionalHead head_;
    std::size_t used_ = 0;  ///< columns
    StepResult result_;
    Probe probe_;
    Activity total_;
};

/// A token's mean activity with a full window, if all codes of q, k and v are equally likely and independent.
[[nodiscard]] Activity uniform_activity(const Config& config, std::size_t window);

}  // namespace gca
