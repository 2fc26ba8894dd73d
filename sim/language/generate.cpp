#include "sim/language/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/interrupt.h"

namespace gca {

namespace {

/// Feeds `tokens` block by block; returns the logits after the last.
std::span<const float> feed(Transformer& transformer, std::span<const TokenId> tokens) {
    std::span<const float> logits;
    for (std::size_t first = 0; first < tokens.size(); first += LanguageModel::kBlock) {
        check_interrupt();
        const std::size_t count = std::min(LanguageModel::kBlock, tokens.size() - first);
        logits = transformer.forward(tokens.subspan(first, count), first + count == tokens.size() ? 1 : 0);
    }
    return logits;
}

}  // namespace

TokenId Sampler::pick(std::span<const float> logits) {
    if (options_.temperature == 0.0) {
        return static_cast<TokenId>(std::distance(logits.begin(), std::max_element(logits.begin(), logits.end())));
    }
    order_.resize(logits.size());
    std::iota(order_.begin(), order_.end(), TokenId{0});
    const std::size_t kept = options_.top_k == 0 ? order_.size() : std::min(options_.top_k, order_.size());
    std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(kept), order_.end(),
                      [&](TokenId a, TokenId b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
    weights_.resize(kept);
    std::transform(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(kept), weights_.begin(),
                   [&](TokenId token) {
                       return std::exp((static_cast<double>(logits[token]) - logits[order_[0]]) / options_.temperature);
                   });
    // A standard distribution may differ from library to library.
    constexpr double kUnit = 0x1p-53;
    double left =
        static_cast<double>(random_() >> 11U) * kUnit * std::accumulate(weights_.begin(), weights_.end(), 0.0);
    for (std::size_t i = 0; i + 1 < kept; ++i) {
        left -= weights_[i];
        if (left < 0.0) {
            return order_[i];
        }
    }
    return order_[kept - 1];
}

std::size_t generate(LanguageModel& model, std::span<const TokenId> prompt, std::size_t count,
                     const SamplerOptions& options, const std::function<void(TokenId)>& sink) {
    Transformer& transformer = model.transformer();
    const std::size_t positions = transformer.shape().positions;
    const std::size_t again = std::max<std::size_t>(positions / 2, 1);
    Sampler sampler(options);
    std::vector<TokenId> text(prompt.begin(), prompt.end());
    std::size_t fed = 0;
    const auto feed_last = [&](std::size_t tokens) {
        fed += tokens;
        return feed(transformer, std::span(text).last(tokens));
    };
    transformer.new_sequence();
    std::span<const float> logits = feed_last(text.size() <= positions ? text.size() : again);
    for (std::size_t i = 0; i < count; ++i) {
        check_interrupt();
        text.push_back(sampler.pick(logits));
        sink(text.back());
        if (i + 1 == count) {
            break;
        }
        if (transformer.position() == positions) {
            transformer.new_sequence();
            logits = feed_last(again);
        } else {
            logits = feed_last(1);
        }
    }
    return fed;
}

}  // namespace gca
