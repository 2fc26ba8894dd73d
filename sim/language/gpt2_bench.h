// `gca bench --gpt2`: attention and decoding at the shape of the published model of 124 million parameters.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/language/model_file.h"

namespace gca {

inline constexpr GptShape kGpt2Shape{
    .layers = 12, .heads = 12, .width = 768, .inner = 3072, .positions = 1024, .vocabulary = 50257};

struct Gpt2Bench {
    GptShape shape;
    unsigned threads = 1;
    /// Seconds for as many tokens as the model has positions through all its heads, of the paper's size.
    std::vector<double> rtl_s;
    std::vector<double> functional_s;
    /// Seconds for one token through the whole model with softmax attention, the mean over some tokens.
    std::vector<double> decode_s;
};

/// `repeats` of each, on `threads` threads (0: one a core). Weights and projections are random: the time does not
/// depend on them. `shape`: heads of dimension 64, at least 96 positions.
[[nodiscard]] Gpt2Bench run_gpt2_bench(const GptShape& shape, unsigned repeats, unsigned threads);

[[nodiscard]] std::string format_gpt2_bench(const Gpt2Bench& bench);
[[nodiscard]] std::string gpt2_bench_json(const Gpt2Bench& bench);

}  // namespace gca
