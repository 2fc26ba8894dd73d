// Exact softmax attention of all heads, as GPT-2 has it: float32, all earlier tokens, kept in a cache.
#pragma once

#include <vector>

#include "sim/language/attention.h"
#include "sim/language/model_file.h"
#include "sim/language/workers.h"

namespace gca {

class SoftmaxHeads : public Attention {
 public:
    SoftmaxHeads(const GptShape& shape, Workers& workers);

    void new_sequence() override;
    void run(std::size_t layer, std::size_t tokens, std::span<const float> qkv, std::span<float> mixed) override;

 private:
    struct Head {
        std::vector<float> keys;    ///< [tokens][dim]
        std::vector<float> values;  ///< [tokens][dim]
        std::vector<float> weights;
    };

    /// One token: adds its key and value to the head, and computes its result.
    void step(Head& head, const float* q, const float* k, const float* v, float* result) const;

    GptShape shape_;
    Workers& workers_;
    std::vector<Head> heads_;  ///< [layers][heads]
};

}  // namespace gca
