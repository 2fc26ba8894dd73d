#include "sim/language/analog_heads.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "behavioral/functional_head.h"
#include "sim/rtl_engine.h"
#include "sim/rtl_head.h"

namespace gca {

namespace {

Token token_at(std::size_t index, std::size_t dim, std::span<const double> q, std::span<const double> k,
               std::span<const double> v) {
    const std::size_t first = index * dim;
    return {.q = q.subspan(first, dim), .k = k.subspan(first, dim), .v = v.subspan(first, dim)};
}

class FunctionalAnalogHead : public AnalogHead {
 public:
    FunctionalAnalogHead(const Config& config, std::size_t window) : dim_(config.geometry.dim), head_(config, window) {}

    void new_sequence() override { head_.new_sequence(); }
    void run(std::size_t tokens, std::span<const double> q, std::span<const double> k, std::span<const double> v,
             std::span<double> y) override {
        for (std::size_t t = 0; t < tokens; ++t) {
            head_.step(token_at(t, dim_, q, k, v), result_);
            std::copy(result_.y.begin(), result_.y.end(), &y[t * dim_]);
        }
    }

 private:
    std::size_t dim_;
    FunctionalHead head_;
    StepResult result_;
};

class RtlAnalogHead : public AnalogHead {
 public:
    RtlAnalogHead(const Config& config, std::size_t window, Mode mode, std::size_t number)
        : dim_(config.geometry.dim),
          full_(config.quantization.output_levels - 1),
          number_(number),
          engine_(config, {.window = window, .mode = mode, .trace = std::nullopt}) {}

    void new_sequence() override {
        engine_.begin(number_);
        taken_ = 0;
    }
    void run(std::size_t tokens, std::span<const double> q, std::span<const double> k, std::span<const double> v,
             std::span<double> y) override {
        const std::size_t first = taken_;
        const std::uint64_t before = engine_.timing().cycles;
        engine_.proceed(
            first + tokens, [&](std::size_t token) { return token_at(token - first, dim_, q, k, v); },
            [&](std::size_t token, std::span<const std::int32_t> sums) {
                std::transform(sums.begin(), sums.end(), &y[(token - first) * dim_],
                               [this](std::int32_t sum) { return sum / full_; });
            });
        taken_ = first + tokens;
        cycles_ += engine_.timing().cycles - before - 1;  // from the edge that accepts to the edge that takes
    }
    [[nodiscard]] std::uint64_t cycles() const override { return cycles_; }

 private:
    std::size_t dim_;
    double full_;
    std::size_t number_;
    RtlEngine engine_;
    std::size_t taken_ = 0;
    std::uint64_t cycles_ = 0;
};

}  // namespace

AnalogHeads::AnalogHeads(const GptShape& shape, const AnalogSettings& settings, Engine engine, Mode mode,
                         Workers& workers)
    : shape_(shape), settings_(settings), workers_(workers), slots_(shape.layers * shape.heads) {
    if (engine == Engine::rtl) {
        (void)find_built_head(settings.head);
    }
    workers_.for_each(slots_.size(), [&](std::size_t number) {
        if (engine == Engine::rtl) {
            slots_[number].head = std::make_unique<RtlAnalogHead>(settings_.head, settings_.window, mode, number);
        } else {
            slots_[number].head = std::make_unique<FunctionalAnalogHead>(settings_.head, settings_.window);
        }
    });
}

void AnalogHeads::new_sequence() {
    for (Slot& slot : slots_) {
        slot.head->new_sequence();
        if (slot.meter) {
            slot.meter->new_sequence();
        }
    }
}

void AnalogHeads::watch_activity() {
    for (Slot& slot : slots_) {
        slot.meter.emplace(settings_.head, settings_.window);
    }
}

Activity AnalogHeads::activity() const {
    Activity sum;
    for (const Slot& slot : slots_) {
        if (slot.meter) {
            sum += slot.meter->total();
        }
    }
    return sum;
}

Projections AnalogHeads::recorded() const {
    Projections all;
    for (const Slot& slot : slots_) {
        all.q.insert(all.q.end(), slot.recorded.q.begin(), slot.recorded.q.end());
        all.k.insert(all.k.end(), slot.recorded.k.begin(), slot.recorded.k.end());
        all.v.insert(all.v.end(), slot.recorded.v.begin(), slot.recorded.v.end());
    }
    return all;
}

void AnalogHeads::run(std::size_t layer, std::size_t tokens, std::span<const float> qkv, std::span<float> mixed) {
    workers_.for_each(shape_.heads, [&](std::size_t number) { run_head(layer, number, tokens, qkv, mixed); });
}

void AnalogHeads::run_head(std::size_t layer, std::size_t number, std::size_t tokens, std::span<const float> qkv,
                           std::span<float> mixed) {
    const std::size_t width = shape_.width;
    const std::size_t dim = shape_.dim();
    Slot& slot = slots_[layer * shape_.heads + number];
    const Scalers& scalers = settings_.layers[layer];
    const auto scale = [&](std::size_t part, ScalingStage stage, const Scaler& scaler, double full_scale,
                           std::vector<double>& scaled) {
        const double a = scaler.gain(number);
        const double b = scaler.offset(number);
        scaled.resize(tokens * dim);
        for (std::size_t t = 0; t < tokens; ++t) {
            const float* x = &qkv[(t * 3 + part) * width + number * dim];
            std::transform(x, x + dim, &scaled[t * dim], [a, b](double value) { return a * value + b; });
        }
        if (moments_ != nullptr) {
            moments_->add(layer, number, stage, scaled);
        }
        for (double& value : scaled) {
            value = std::clamp(value, 0.0, full_scale);
        }
    };
    scale(0, ScalingStage::q, scalers.q, 1.0, slot.q);
    scale(1, ScalingStage::k, scalers.k, kSupplyV, slot.k);
    scale(2, ScalingStage::v, scalers.v, kSupplyV, slot.v);

    if (recording_) {
        const auto keep = [](const std::vector<double>& values, std::vector<float>& kept) {
            std::transform(values.begin(), values.end(), std::back_inserter(kept),
                           [](double value) { return static_cast<float>(value); });
        };
        keep(slot.q, slot.recorded.q);
        keep(slot.k, slot.recorded.k);
        keep(slot.v, slot.recorded.v);
    }

    slot.y.resize(tokens * dim);
    slot.head->run(tokens, slot.q, slot.k, slot.v, slot.y);
    for (std::size_t t = 0; slot.meter && t < tokens; ++t) {
        (void)slot.meter->step(token_at(t, dim, slot.q, slot.k, slot.v));
    }

    const double a = scalers.output.gain(number);
    const double b = scalers.output.offset(number);
    std::transform(slot.y.begin(), slot.y.end(), slot.y.begin(), [a, b](double y) { return a * y + b; });
    if (moments_ != nullptr) {
        moments_->add(layer, number, ScalingStage::output, slot.y);
    }
    for (std::size_t t = 0; t < tokens; ++t) {
        std::transform(&slot.y[t * dim], &slot.y[t * dim] + dim, &mixed[t * width + number * dim],
                       [](double y) { return static_cast<float>(y); });
    }
}

std::uint64_t AnalogHeads::cycles() const {
    std::uint64_t sum = 0;
    for (std::size_t layer = 0; layer < shape_.layers; ++layer) {
        std::uint64_t longest = 0;
        for (std::size_t number = 0; number < shape_.heads; ++number) {
            longest = std::max(longest, slots_[layer * shape_.heads + number].head->cycles());
        }
        sum += longest;
    }
    return sum;
}

}  // namespace gca
