// Hardware attention: every head of every layer is an analog head of its own, computed by the functional engine or by
// the RTL in the closed loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/cost/activity.h"
#include "sim/language/attention.h"
#include "sim/language/model_file.h"
#include "sim/language/stage_moments.h"
#include "sim/language/workers.h"
#include "sim/run.h"

namespace gca {

/// What heads were given, in hardware range: [heads][tokens][dim], a layer's heads after those of the one before.
struct Projections {
    std::vector<float> q;
    std::vector<float> k;
    std::vector<float> v;
};

/// One head: a stream of tokens in hardware range.
class AnalogHead {
 public:
    AnalogHead() = default;
    AnalogHead(const AnalogHead&) = delete;
    AnalogHead& operator=(const AnalogHead&) = delete;
    virtual ~AnalogHead() = default;

    virtual void new_sequence() = 0;
    /// The sequence's next tokens: q, k, v [tokens][dim] to y [tokens][dim], sums of the sub-tiles' values.
    virtual void run(std::size_t tokens, std::span<const double> q, std::span<const double> k,
                     std::span<const double> v, std::span<double> y) = 0;
    /// Clock cycles so far; 0 where there is no clock.
    [[nodiscard]] virtual std::uint64_t cycles() const { return 0; }
};

class AnalogHeads : public Attention {
 public:
    /// `engine`: rtl or functional. Throws InputError for a geometry for which no RTL is built.
    AnalogHeads(const GptShape& shape, const AnalogSettings& settings, Engine engine, Mode mode, Workers& workers);

    void new_sequence() override;
    void run(std::size_t layer, std::size_t tokens, std::span<const float> qkv, std::span<float> mixed) override;

    /// From now on, values at all scaling stages are added to `moments`; null for nowhere.
    void measure(StageMoments* moments) { moments_ = moments; }
    /// From now on, what every head does is added up, by a functional head beside it.
    void watch_activity();
    /// Of all heads since then.
    [[nodiscard]] Activity activity() const;
    /// From now on, what the heads are given is kept.
    void record() { recording_ = true; }
    [[nodiscard]] Projections recorded() const;
    /// Other scalers for all layers.
    void set_scalers(std::vector<Scalers> layers) { settings_.layers = std::move(layers); }

    /// Clock cycles of all tokens so far, if a layer's heads work side by side and layer follows layer.
    [[nodiscard]] std::uint64_t cycles() const;

 private:
    struct Slot {
        std::unique_ptr<AnalogHead> head;
        std::optional<ActivityMeter> meter;
        Projections recorded;
        std::vector<double> q;
        std::vector<double> k;
        std::vector<double> v;
        std::vector<double> y;
    };

    void run_head(std::size_t layer, std::size_t number, std::size_t tokens, std::span<const float> qkv,
                  std::span<float> mixed);

    GptShape shape_;
    AnalogSettings settings_;
    Workers& workers_;
    StageMoments* moments_ = nullptr;
    bool recording_ = false;
    std::vector<Slot> slots_;  ///< [layers][heads]
};

}  // namespace gca
