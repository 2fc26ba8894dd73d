// `gca bench --gpt2`: attention and decoding at the shape of the published model of 124 million parameters.
#pragma once

#include <string>
#include <vector>

namespace gca {

struct Gpt2Bench {
    unsigned threads = 1;
    /// Seconds for 1024 tokens through all 144 heads of the paper's size.
    std::vector<double> rtl_s;
    std::vector<double> functional_s;
    /// Seconds for one token through the whole model with softmax attention, the mean over some tokens.
    std::vector<double> decode_s;
};

/// `repeats` of each, on `threads` threads (0: one a core). Weights and projections are random: the time does not
/// depend on them.
[[nodiscard]] Gpt2Bench run_gpt2_bench(unsigned repeats, unsigned threads);

[[nodiscard]] std::string format_gpt2_bench(const Gpt2Bench& bench);
[[nodiscard]] std::string gpt2_bench_json(const Gpt2Bench& bench);

}  // namespace gca
