// The paper's adaptation: moves a model that was trained for one cell to another without training, by the scalers
// alone. Every scaling stage of every head gets the mean and the standard deviation back that it had.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "sim/language/language_model.h"
#include "sim/language/stage_moments.h"

namespace gca {

struct AdaptOptions {
    std::size_t iterations = 100;  ///< at most
    double tolerance = 1e-4;       ///< of mean and deviation
};

/// How far a head's stage is from its target: the larger of the differences of mean and deviation.
struct StageError {
    double error = 0.0;
    std::size_t layer = 0;
    std::size_t head = 0;
    ScalingStage stage = ScalingStage::q;
};

struct AdaptStep {
    std::size_t iteration = 0;
    double weight = 0.0;      ///< how much of the correction is made after this
    double mean_error = 0.0;  ///< over all stages of all heads
    StageError worst;
};

using Samples = std::vector<std::span<const TokenId>>;

/// `count` stretches of `length` tokens, evenly spread over the text; fewer where it is too short for them.
[[nodiscard]] Samples take_samples(std::span<const TokenId> tokens, std::size_t length, std::size_t count);

/// Mean and deviation at every stage while `model`, by hardware attention, reads the samples.
[[nodiscard]] StageMoments measure(LanguageModel& model, const Samples& samples);

/// Adapts the scalers of `settings` until the model's moments are `target`'s within the tolerance, or for the allowed
/// iterations. Returns the last step: its `worst.error` is what the scalers that are left in `settings` give.
AdaptStep adapt(LanguageModel& model, const Samples& samples, const StageMoments& target, const AdaptOptions& options,
                AnalogSettings& settings, const std::function<void(const AdaptStep&)>& report);

[[nodiscard]] std::string_view to_string(ScalingStage stage);

}  // namespace gca
