#include "sim/language/adapt.h"

#include <algorithm>
#include <cmath>

#include "sim/interrupt.h"

namespace gca {

namespace {

constexpr double kFirstWeight = 1.0;
constexpr double kLastWeight = 0.1;
constexpr double kFallingIterations = 50.0;

double weight_of(std::size_t iteration) {
    const double part = std::min(static_cast<double>(iteration) / kFallingIterations, 1.0);
    return kFirstWeight + (kLastWeight - kFirstWeight) * part;
}

Scaler& scaler_of(Scalers& scalers, ScalingStage stage) {
    switch (stage) {
        case ScalingStage::q:
            return scalers.q;
        case ScalingStage::k:
            return scalers.k;
        case ScalingStage::v:
            return scalers.v;
        case ScalingStage::output:
            break;
    }
    return scalers.output;
}

/// Calls `visit(layer, head, stage)` for all.
template <typename Visit>
void for_each_stage(const GptShape& shape, const Visit& visit) {
    for (std::size_t layer = 0; layer < shape.layers; ++layer) {
        for (std::size_t head = 0; head < shape.heads; ++head) {
            for (const ScalingStage stage : kScalingStages) {
                visit(layer, head, stage);
            }
        }
    }
}

AdaptStep compare(const GptShape& shape, const StageMoments& target, const StageMoments& now) {
    AdaptStep step;
    for_each_stage(shape, [&](std::size_t layer, std::size_t head, ScalingStage stage) {
        const Moments wanted = target.at(layer, head, stage);
        const Moments got = now.at(layer, head, stage);
        const double error = std::max(std::fabs(wanted.mean - got.mean), std::fabs(wanted.deviation - got.deviation));
        step.mean_error += error / static_cast<double>(shape.layers * shape.heads * kScalingStages.size());
        if (error > step.worst.error) {
            step.worst = {.error = error, .layer = layer, .head = head, .stage = stage};
        }
    });
    return step;
}

void correct(const GptShape& shape, const StageMoments& target, const StageMoments& now, double weight,
             std::vector<Scalers>& layers) {
    for_each_stage(shape, [&](std::size_t layer, std::size_t head, ScalingStage stage) {
        const Moments wanted = target.at(layer, head, stage);
        const Moments got = now.at(layer, head, stage);
        Scaler& scaler = scaler_of(layers[layer], stage);
        if (got.deviation > 0.0) {  // else every value is the same: no gain changes that
            scaler.a[head] += weight * (scaler.a[head] * wanted.deviation / got.deviation - scaler.a[head]);
        }
        scaler.b[head] += weight * (wanted.mean - got.mean);
    });
}

}  // namespace

Samples take_samples(std::span<const TokenId> tokens, std::size_t length, std::size_t count) {
    length = std::min(length, tokens.size());
    count = std::min(count, tokens.size() / std::max<std::size_t>(length, 1));
    Samples samples;
    for (std::size_t i = 0; i < count; ++i) {
        samples.push_back(tokens.subspan(i * (tokens.size() / count), length));
    }
    return samples;
}

StageMoments measure(LanguageModel& model, const Samples& samples) {
    const GptShape& shape = model.file().shape;
    StageMoments moments(shape.layers, shape.heads);
    model.analog()->measure(&moments);
    for (const std::span<const TokenId> sample : samples) {
        model.transformer().new_sequence();
        for (std::size_t first = 0; first < sample.size(); first += LanguageModel::kBlock) {
            check_interrupt();
            const std::size_t count = std::min(LanguageModel::kBlock, sample.size() - first);
            (void)model.transformer().forward(sample.subspan(first, count), 0);
        }
    }
    model.analog()->measure(nullptr);
    return moments;
}

AdaptStep adapt(LanguageModel& model, const Samples& samples, const StageMoments& target, const AdaptOptions& options,
                AnalogSettings& settings, const std::function<void(const AdaptStep&)>& report) {
    const GptShape& shape = model.file().shape;
    model.use(settings);
    for (std::size_t iteration = 0;; ++iteration) {
        const StageMoments now = measure(model, samples);
        AdaptStep step = compare(shape, target, now);
        step.iteration = iteration;
        step.weight = weight_of(iteration);
        report(step);
        if (step.worst.error <= options.tolerance || iteration == options.iterations) {
            return step;
        }
        correct(shape, target, now, step.weight, settings.layers);
        model.analog()->set_scalers(settings.layers);
    }
}

std::string_view to_string(ScalingStage stage) {
    switch (stage) {
        case ScalingStage::q:
            return "q";
        case ScalingStage::k:
            return "k";
        case ScalingStage::v:
            return "v";
        case ScalingStage::output:
            break;
    }
    return "output";
}

}  // namespace gca
