// How well a model predicts a text.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/language/language_model.h"

namespace gca {

struct Likelihood {
    std::size_t tokens = 0;  ///< that were predicted
    std::size_t bytes = 0;   ///< of these tokens
    double nats = 0.0;       ///< minus the sum of their log-likelihoods

    [[nodiscard]] double perplexity() const;
    [[nodiscard]] double bits_per_byte() const;
};

/// Minus the logarithm of the probability that `logits` give to `token`.
[[nodiscard]] double surprise(std::span<const float> logits, TokenId token);

/// Cuts `tokens` into stretches of the model's positions, each a new sequence that begins `stride` (1 to positions)
/// tokens after the one before, and predicts every token that has one before it in its stretch and was not predicted
/// yet. `progress` counts the tokens that went through the model.
[[nodiscard]] Likelihood evaluate(LanguageModel& model, std::span<const TokenId> tokens, std::size_t stride,
                                  std::atomic<std::uint64_t>& progress);

/// How well a model continues a sequence as it goes on.
struct Continuation {
    double nats = 0.0;       ///< minus the log-likelihood
    bool likeliest = false;  ///< each token is the likeliest there
};

/// Of tokens[first], `first` at least 1, and those after it; the sequence has no more than the model's positions.
[[nodiscard]] Continuation continue_with(LanguageModel& model, std::span<const TokenId> tokens, std::size_t first);

/// The logits [tokens][vocabulary] of one sequence, as long as the model's positions at most.
[[nodiscard]] std::vector<float> all_logits(LanguageModel& model, std::span<const TokenId> tokens);

}  // namespace gca
