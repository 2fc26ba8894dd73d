// GPT-2's decoder: tokens in, logits out, a block of one or more tokens at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/language/attention.h"
#include "sim/language/gpt.h"
#include "sim/language/workers.h"

namespace gca {

using TokenId = std::uint32_t;

class Transformer {
 public:
    /// All three must live as long as this.
    Transformer(const Gpt& gpt, Attention& attention, Workers& workers);

    void new_sequence();

    /// The sequence's next tokens, at least one; ids below the vocabulary's size, positions below the model's. Returns
    /// the logits [wanted][vocabulary] of the last `wanted` of them, valid until the next call.
    std::span<const float> forward(std::span<const TokenId> tokens, std::size_t wanted);

    /// Tokens of this sequence so far.
    [[nodiscard]] std::size_t position() const { return position_; }
    [[nodiscard]] const GptShape& shape() const { return gpt_.shape; }

 private:
    void embed(std::span<const TokenId> tokens);
    void run_block(std::size_t layer, std::size_t tokens);
    /// Of `tokens` rows from row `first` on, to normed_.
    void normalize(const LayerNorm& norm, std::size_t first, std::size_t tokens);
    /// Adds delta_ to the residual stream.
    void add_delta(std::size_t tokens);

    const Gpt& gpt_;
    Attention& attention_;
    Workers& workers_;
    std::size_t position_ = 0;
    std::vector<float> stream_;  ///< [tokens][width]
    std::vector<float> normed_;
    std::vector<float> qkv_;
    std::vector<float> mixed_;
    std::vector<float> inner_;
    std::vector<float> delta_;
    std::vector<float> logits_;
};

}  // namespace gca
