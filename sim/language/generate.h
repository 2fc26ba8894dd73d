// Writes text: tokens drawn one after the other from the model's distribution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <vector>

#include "sim/language/language_model.h"

namespace gca {

struct SamplerOptions {
    double temperature = 0.8;  ///< 0: always the likeliest token
    std::size_t top_k = 40;    ///< draws from so many of the likeliest; 0: from all
    std::uint64_t seed = 1;
};

/// Draws tokens. The same seed and logits give the same tokens.
class Sampler {
 public:
    explicit Sampler(const SamplerOptions& options) : options_(options), random_(options.seed) {}

    [[nodiscard]] TokenId pick(std::span<const float> logits);

 private:
    SamplerOptions options_;
    std::mt19937_64 random_;
    std::vector<TokenId> order_;
    std::vector<double> weights_;
};

/// Continues `prompt`, at least one token, by `count` tokens and gives each to `sink`. When all of the model's
/// positions are used, a new sequence begins with the last half of them. Returns how many tokens went through the
/// model.
std::size_t generate(LanguageModel& model, std::span<const TokenId> prompt, std::size_t count,
                     const SamplerOptions& options, const std::function<void(TokenId)>& sink);

}  // namespace gca
