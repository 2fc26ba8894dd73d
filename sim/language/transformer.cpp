#include "sim/language/transformer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace gca {

Transformer::Transformer(const Gpt& gpt, Attention& attention, Workers& workers)
    : gpt_(gpt), attention_(attention), workers_(workers) {
    new_sequence();
}

void Transformer::new_sequence() {
    position_ = 0;
    attention_.new_sequence();
}

std::span<const float> Transformer::forward(std::span<const TokenId> tokens, std::size_t wanted) {
    const GptShape& shape = gpt_.shape;
    if (tokens.empty() || wanted > tokens.size() || tokens.size() > shape.positions - position_) {
        throw std::invalid_argument(fmt::format("transformer: {} tokens at position {}, logits of {}: must be 1 to {}",
                                                tokens.size(), position_, wanted, shape.positions - position_));
    }
    embed(tokens);
    for (std::size_t layer = 0; layer < shape.layers; ++layer) {
        run_block(layer, tokens.size());
    }
    position_ += tokens.size();
    if (wanted == 0) {
        return {};
    }
    normalize(gpt_.final_norm, tokens.size() - wanted, wanted);
    logits_.resize(wanted * shape.vocabulary);
    gpt_.tokens.apply(workers_, wanted, normed_, logits_);
    return logits_;
}

void Transformer::embed(std::span<const TokenId> tokens) {
    const std::size_t width = gpt_.shape.width;
    stream_.resize(tokens.size() * width);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        if (tokens[t] >= gpt_.shape.vocabulary) {
            throw std::invalid_argument(fmt::format("transformer: token {}: must be below {}, the vocabulary's size",
                                                    tokens[t], gpt_.shape.vocabulary));
        }
        const std::span<const float> token = gpt_.tokens.row(tokens[t]);
        std::transform(token.begin(), token.end(), &gpt_.positions[(position_ + t) * width], &stream_[t * width],
                       std::plus<>());
    }
}

void Transformer::run_block(std::size_t layer, std::size_t tokens) {
    const GptBlock& block = gpt_.blocks[layer];
    const std::size_t width = gpt_.shape.width;
    qkv_.resize(tokens * 3 * width);
    mixed_.resize(tokens * width);
    inner_.resize(tokens * gpt_.shape.inner);
    delta_.resize(tokens * width);

    normalize(block.before_attention, 0, tokens);
    block.qkv.apply(workers_, tokens, normed_, qkv_);
    attention_.run(layer, tokens, qkv_, mixed_);
    block.attention_output.apply(workers_, tokens, mixed_, delta_);
    add_delta(tokens);

    normalize(block.before_mlp, 0, tokens);
    block.mlp_input.apply(workers_, tokens, normed_, inner_, Activation::gelu);
    block.mlp_output.apply(workers_, tokens, inner_, delta_);
    add_delta(tokens);
}

void Transformer::normalize(const LayerNorm& norm, std::size_t first, std::size_t tokens) {
    const std::size_t width = gpt_.shape.width;
    normed_.resize(tokens * width);
    for (std::size_t t = 0; t < tokens; ++t) {
        norm.apply({&stream_[(first + t) * width], width}, {&normed_[t * width], width});
    }
}

void Transformer::add_delta(std::size_t tokens) {
    const auto count = static_cast<std::ptrdiff_t>(tokens * gpt_.shape.width);
    std::transform(delta_.begin(), delta_.begin() + count, stream_.begin(), stream_.begin(), std::plus<>());
}

}  // namespace gca
