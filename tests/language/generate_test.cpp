// Drawing tokens, writing beyond the model's positions, and the likelihood of a text.
#include "sim/language/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "sim/language/evaluate.h"
#include "sim/language/gpt2_bench.h"
#include "tests/language/language_test.h"

namespace gca {
namespace {

const std::vector<float> kLogits{0.0F, 2.0F, 1.0F, 2.0F, -1.0F};

TEST(Sampler, TemperatureZeroTakesTheFirstOfTheLikeliest) {
    Sampler sampler({.temperature = 0.0, .top_k = 0, .seed = 1});
    EXPECT_EQ(sampler.pick(kLogits), 1U);
}

TEST(Sampler, DrawsAsOftenAsTheSoftmaxSays) {
    for (const double temperature : {0.5, 1.0}) {
        Sampler sampler({.temperature = temperature, .top_k = 0, .seed = 7});
        constexpr int kDraws = 40000;
        std::map<TokenId, int> counts;
        double sum = 0.0;
        for (int i = 0; i < kDraws; ++i) {
            ++counts[sampler.pick(kLogits)];
        }
        for (const float logit : kLogits) {
            sum += std::exp(logit / temperature);
        }
        for (TokenId token = 0; token < kLogits.size(); ++token) {
            const double p = std::exp(kLogits[token] / temperature) / sum;
            EXPECT_NEAR(counts[token], kDraws * p, 5.0 * std::sqrt(kDraws * p * (1.0 - p))) << "token " << token;
        }
    }
}

TEST(Sampler, TopKLeavesTheLikeliest) {
    Sampler sampler({.temperature = 5.0, .top_k = 3, .seed = 2});
    std::map<TokenId, int> counts;
    for (int i = 0; i < 2000; ++i) {
        ++counts[sampler.pick(kLogits)];
    }
    EXPECT_EQ(counts.count(0), 0U);
    EXPECT_EQ(counts.count(4), 0U);
    EXPECT_GT(counts[2], 100);
    Sampler one({.temperature = 5.0, .top_k = 1, .seed = 2});
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(one.pick(kLogits), 1U) << "of two alike, the first";
    }
}

TEST(Generate, TheSeedDecides) {
    LanguageModel model(tiny_model(AttentionEngine::softmax));
    const std::vector<TokenId> prompt{1, 2, 3};
    const auto write = [&](std::uint64_t seed) {
        std::vector<TokenId> text;
        generate(model, prompt, 30, {.temperature = 1.0, .top_k = 0, .seed = seed},
                 [&](TokenId token) { text.push_back(token); });
        return text;
    };
    const std::vector<TokenId> first = write(1);
    EXPECT_EQ(write(1), first);
    EXPECT_NE(write(2), first);
}

TEST(Generate, AFullContextGoesOnWithItsLastHalf) {
    LanguageModel model(tiny_model(AttentionEngine::softmax));
    const SamplerOptions likeliest{.temperature = 0.0, .top_k = 0, .seed = 1};
    const std::vector<TokenId> prompt(46, 5);
    std::vector<TokenId> text = prompt;
    const std::size_t fed = generate(model, prompt, 6, likeliest, [&](TokenId token) { text.push_back(token); });
    ASSERT_EQ(text.size(), 52U);
    EXPECT_EQ(fed, 48U + 24U + 2U);

    std::vector<TokenId> after;  // what follows the last 24 of the first 49 tokens by themselves
    generate(model, std::span(text).subspan(25, 24), 3, likeliest, [&](TokenId token) { after.push_back(token); });
    EXPECT_EQ(after, std::vector<TokenId>(text.begin() + 49, text.end()));
}

TEST(Generate, APromptLongerThanTheContextIsItsEnd) {
    LanguageModel model(tiny_model(AttentionEngine::softmax));
    std::vector<TokenId> prompt(100);
    for (std::size_t i = 0; i < prompt.size(); ++i) {
        prompt[i] = static_cast<TokenId>(i);
    }
    const auto write = [&](std::span<const TokenId> start) {
        std::vector<TokenId> text;
        generate(model, start, 5, {.temperature = 0.0, .top_k = 0, .seed = 1}, [&](TokenId t) { text.push_back(t); });
        return text;
    };
    EXPECT_EQ(write(prompt), write(std::span(prompt).last(24)));
}

TEST(Evaluate, SumsTheSurpriseOfEveryTokenButTheFirstOfAStretch) {
    LanguageModel model(tiny_model(AttentionEngine::softmax));
    std::vector<TokenId> tokens(100);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        tokens[i] = static_cast<TokenId>(i * 37 % 320);
    }
    const auto surprise_of = [&](std::size_t start, std::size_t end, std::size_t first) {
        const auto stretch = std::span<const TokenId>(tokens).subspan(start, end - start);
        const std::vector<float> logits = all_logits(model, stretch);
        double nats = 0.0;
        for (std::size_t t = first; t < end; ++t) {  // by the definition, in another order
            double sum = 0.0;
            for (std::size_t i = 0; i < 320; ++i) {
                sum += std::exp(static_cast<double>(logits[(t - start - 1) * 320 + i]));
            }
            nats -= std::log(std::exp(static_cast<double>(logits[(t - start - 1) * 320 + tokens[t]])) / sum);
        }
        return nats;
    };
    std::atomic<std::uint64_t> progress{0};
    const Likelihood whole = evaluate(model, tokens, 48, progress);
    EXPECT_EQ(whole.tokens, 97U);
    EXPECT_EQ(progress, 100U);
    EXPECT_NEAR(whole.nats, surprise_of(0, 48, 1) + surprise_of(48, 96, 49) + surprise_of(96, 100, 97), 1e-6);

    const Likelihood overlapping = evaluate(model, tokens, 20, progress);
    EXPECT_EQ(overlapping.tokens, 99U);
    EXPECT_NEAR(overlapping.nats,
                surprise_of(0, 48, 1) + surprise_of(20, 68, 48) + surprise_of(40, 88, 68) + surprise_of(60, 100, 88),
                1e-6);
}

TEST(Evaluate, PerplexityAndBitsAByte) {
    const Likelihood likelihood{.tokens = 4, .bytes = 8, .nats = 4.0 * std::numbers::ln2 * 3.0};
    EXPECT_DOUBLE_EQ(likelihood.perplexity(), 8.0);
    EXPECT_DOUBLE_EQ(likelihood.bits_per_byte(), 1.5);
    EXPECT_NEAR(surprise(std::vector<float>(10, 500.0F), 3), std::log(10.0), 1e-12);
}

TEST(Gpt2Bench, MeasuresAttentionAndDecoding) {
    const GptShape shape{.layers = 1, .heads = 2, .width = 128, .inner = 64, .positions = 96, .vocabulary = 40};
    const Gpt2Bench bench = run_gpt2_bench(shape, 3, 2);
    for (const auto& times : {bench.rtl_s, bench.functional_s, bench.decode_s}) {
        EXPECT_EQ(times.size(), 3U);
        EXPECT_GT(*std::min_element(times.begin(), times.end()), 0.0);
    }
    const std::string text = format_gpt2_bench(bench);
    EXPECT_NE(text.find("1 layers of 2 heads, 2 threads"), std::string::npos) << text;
    EXPECT_NE(text.find("96 tokens through 2 heads, rtl"), std::string::npos) << text;
    EXPECT_NE(gpt2_bench_json(bench).find("\"decode_s\""), std::string::npos);
}

}  // namespace
}  // namespace gca
