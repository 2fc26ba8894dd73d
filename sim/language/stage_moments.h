// Mean and standard deviation of the values after every scaling stage of every head.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace gca {

/// What a scaler gives: a x + b, before any clamp.
enum class ScalingStage { q, k, v, output };
inline constexpr std::array kScalingStages{ScalingStage::q, ScalingStage::k, ScalingStage::v, ScalingStage::output};

struct Moments {
    double mean = 0.0;
    double deviation = 0.0;
};

class StageMoments {
 public:
    StageMoments(std::size_t layers, std::size_t heads)
        : heads_(heads), sums_(layers * heads * kScalingStages.size()) {}

    /// Adds values of one head. Different heads may be added to at the same time.
    void add(std::size_t layer, std::size_t head, ScalingStage stage, std::span<const double> values) {
        Sums& sums = sums_[index(layer, head, stage)];
        for (const double value : values) {
            // Welford's way: no difference of large sums
            ++sums.count;
            const double step = value - sums.mean;
            sums.mean += step / static_cast<double>(sums.count);
            sums.squares += step * (value - sums.mean);
        }
    }

    [[nodiscard]] Moments at(std::size_t layer, std::size_t head, ScalingStage stage) const {
        const Sums& sums = sums_[index(layer, head, stage)];
        return {.mean = sums.mean,
                .deviation = sums.count == 0 ? 0.0 : std::sqrt(sums.squares / static_cast<double>(sums.count))};
    }

 private:
    struct Sums {
        std::size_t count = 0;
        double mean = 0.0;
        double squares = 0.0;
    };
    [[nodiscard]] std::size_t index(std::size_t layer, std::size_t head, ScalingStage stage) const {
        return (layer * heads_ + head) * kScalingStages.size() + static_cast<std::size_t>(stage);
    }

    std::size_t heads_;
    std::vector<Sums> sums_;
};

}  // namespace gca
