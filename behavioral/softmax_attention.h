// Exact causal softmax attention over a sliding window: what the analog head stands in for. And a measure of how well
// two streams of results agree.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include "behavioral/head.h"

namespace gca {

/// y = sum over the last `window` tokens j of p[j] (v[j] - 0.45 V), p = softmax of q . (k[j] - 0.45 V) / sqrt(dim), of
/// the same inputs as the analog head, with no quantiser, cell curve, leakage or sub-tile.
class SoftmaxAttention {
 public:
    /// Throws std::invalid_argument if `dim` or `window` is 0.
    SoftmaxAttention(std::size_t dim, std::size_t window);

    /// The next token is the first of a sequence.
    void new_sequence();

    /// Adds `token` to the sequence and fills `result.y` ([dim], in V); `result.counts` is left empty.
    /// Throws std::invalid_argument, and changes nothing, if the token has another size than `dim`.
    void step(const Token& token, StepResult& result);

 private:
    struct PastToken {
        std::vector<double> key_u;    ///< [dim] V, centred
        std::vector<double> value_u;  ///< [dim] V, centred
    };

    std::size_t dim_;
    std::size_t window_;
    std::deque<PastToken> history_;  ///< the last `window` tokens of this sequence, oldest first
    std::vector<double> weight_;     ///< [history] of the last step
};

/// Agreement of a measured stream m with an exact stream e, over all values added so far: how far e is from the nearest
/// multiple of m, and the cosine of the angle between the two. No value is kept.
///
/// The three norms are the triangular factor of the two-column matrix [m e], updated by one plane rotation a value: no
/// difference of large sums is ever taken, so a perfect agreement gives an RMS at the level of rounding, not of its
/// root.
class Agreement {
 public:
    /// Adds value pairs. Throws std::invalid_argument if the sizes differ.
    void add(std::span<const double> measured, std::span<const double> exact);

    /// Number of value pairs.
    [[nodiscard]] std::size_t count() const { return count_; }

    /// The factor f that minimises the sum of (e - f m)^2; 0 if every m is 0.
    [[nodiscard]] double best_scale() const;

    /// Root mean square of e - best_scale() m, in the unit of e; NaN if nothing was added.
    [[nodiscard]] double rms_difference() const;

    /// rms_difference() as a fraction of the root mean square of e: 0 perfect, 1 nothing in common; NaN if every e is
    /// 0.
    [[nodiscard]] double relative_rms_difference() const;

    /// Of all m and all e as two vectors: -1..1; NaN if either is all zero.
    [[nodiscard]] double cosine_similarity() const;

 private:
    std::size_t count_ = 0;
    double measured_norm_ = 0.0;  ///< |m|
    double shared_norm_ = 0.0;    ///< part of e along m, signed
    double other_norm_ = 0.0;     ///< part of e at right angles to m
};

}  // namespace gca
