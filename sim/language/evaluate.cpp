#include "sim/language/evaluate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/interrupt.h"

namespace gca {

namespace {

/// Calls `use(place, logits)` for each token of one sequence from place `from` on, in order.
template <typename Use>
void for_each_logits(LanguageModel& model, std::span<const TokenId> tokens, std::size_t from, const Use& use) {
    Transformer& transformer = model.transformer();
    const std::size_t vocabulary = transformer.shape().vocabulary;
    transformer.new_sequence();
    for (std::size_t first = 0; first < tokens.size(); first += LanguageModel::kBlock) {
        check_interrupt();
        const std::size_t count = std::min(LanguageModel::kBlock, tokens.size() - first);
        const std::size_t skipped = std::min(from - std::min(from, first), count);
        const std::span<const float> logits = transformer.forward(tokens.subspan(first, count), count - skipped);
        for (std::size_t t = skipped; t < count; ++t) {
            use(first + t, logits.subspan((t - skipped) * vocabulary, vocabulary));
        }
    }
}

}  // namespace

double Likelihood::perplexity() const {
    return std::exp(nats / static_cast<double>(tokens));
}

double Likelihood::bits_per_byte() const {
    return nats / std::numbers::ln2 / static_cast<double>(bytes);
}

double surprise(std::span<const float> logits, TokenId token) {
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0.0;
    for (const float logit : logits) {
        sum += std::exp(static_cast<double>(logit) - largest);
    }
    return std::log(sum) + largest - logits[token];
}

Likelihood evaluate(LanguageModel& model, std::span<const TokenId> tokens, std::size_t stride,
                    std::atomic<std::uint64_t>& progress) {
    const std::size_t positions = model.transformer().shape().positions;
    Likelihood result;
    std::size_t predicted = 0;  // tokens before this one are done
    for (std::size_t start = 0; predicted < tokens.size(); start += stride) {
        const std::span<const TokenId> stretch = tokens.subspan(start, std::min(positions, tokens.size() - start));
        for_each_logits(model, stretch, 0, [&](std::size_t place, std::span<const float> logits) {
            progress.fetch_add(1, std::memory_order_relaxed);
            const std::size_t next = start + place + 1;
            if (place + 1 < stretch.size() && next >= predicted) {
                result.nats += surprise(logits, tokens[next]);
                result.bytes += model.tokenizer().bytes(tokens[next]).size();
                ++result.tokens;
            }
        });
        predicted = start + stretch.size();
    }
    return result;
}

Continuation continue_with(LanguageModel& model, std::span<const TokenId> tokens, std::size_t first) {
    Continuation result{.nats = 0.0, .likeliest = true};
    for_each_logits(model, tokens, first - 1, [&](std::size_t place, std::span<const float> logits) {
        if (place + 1 < tokens.size()) {
            const TokenId next = tokens[place + 1];
            result.nats += surprise(logits, next);
            result.likeliest = result.likeliest && logits[next] == *std::max_element(logits.begin(), logits.end());
        }
    });
    return result;
}

std::vector<float> all_logits(LanguageModel& model, std::span<const TokenId> tokens) {
    std::vector<float> all;
    all.reserve(tokens.size() * model.transformer().shape().vocabulary);
    for_each_logits(model, tokens, 0, [&](std::size_t /*place*/, std::span<const float> logits) {
        all.insert(all.end(), logits.begin(), logits.end());
    });
    return all;
}

}  // namespace gca
