// The transformer with softmax attention against logits of the library transformers (tiny-logits.npz).
#include "sim/language/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sim/language/evaluate.h"
#include "sim/language/softmax_heads.h"
#include "sim/npz.h"
#include "tests/language/language_test.h"

namespace gca {
namespace {

constexpr double kTolerance = 1e-4;

std::vector<TokenId> test_tokens() {
    const NpzArray array = NpzReader(language_data() / "tiny-logits.npz").load("tokens");
    return {array.values.begin(), array.values.end()};
}

/// The small model with other weights.
class TinyGpt {
 public:
    explicit TinyGpt(const std::string& weights, unsigned threads = 2)
        : workers_(threads),
          gpt_(load_gpt(language_data() / weights, load_model_file(language_data() / "tiny.json", {}).shape)),
          attention_(gpt_.shape, workers_),
          transformer_(gpt_, attention_, workers_) {}

    Transformer& operator*() { return transformer_; }

    /// All logits, `block` tokens at a time.
    std::vector<float> logits(const std::vector<TokenId>& tokens, std::size_t block) {
        std::vector<float> all;
        transformer_.new_sequence();
        for (std::size_t first = 0; first < tokens.size(); first += block) {
            const std::size_t count = std::min(block, tokens.size() - first);
            const auto part = transformer_.forward(std::span(tokens).subspan(first, count), count);
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }

 private:
    Workers workers_;
    Gpt gpt_;
    SoftmaxHeads attention_;
    Transformer transformer_;
};

double largest_difference(const std::vector<float>& a, const std::vector<double>& b) {
    EXPECT_EQ(a.size(), b.size());
    double largest = 0.0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        largest = std::max(largest, std::fabs(a[i] - b[i]));
    }
    return largest;
}

class TransformerLogits : public ::testing::TestWithParam<const char*> {};

TEST_P(TransformerLogits, AreThoseOfTheTransformersLibrary) {
    const std::string name = GetParam();
    const std::vector<double> expected =
        NpzReader(language_data() / "tiny-logits.npz").load(name == "bare" ? "f32" : name).values;
    const double spread = *std::max_element(expected.begin(), expected.end());
    ASSERT_GT(spread, 1.0) << "logits near zero would agree whatever the model does";
    for (const std::size_t block : {1U, 7U, 40U}) {
        EXPECT_LE(largest_difference(TinyGpt("tiny-" + name + ".safetensors").logits(test_tokens(), block), expected),
                  kTolerance)
            << "blocks of " << block;
    }
}

INSTANTIATE_TEST_SUITE_P(Weights, TransformerLogits, ::testing::Values("f32", "f16", "bf16", "bare"));

TEST(Transformer, ThreadsChangeNoBit) {
    for (const std::size_t block : {1U, 16U}) {
        const std::vector<float> one = TinyGpt("tiny-f32.safetensors", 1).logits(test_tokens(), block);
        for (const unsigned threads : {2U, 3U, 5U}) {
            EXPECT_EQ(TinyGpt("tiny-f32.safetensors", threads).logits(test_tokens(), block), one)
                << threads << " threads, blocks of " << block;
        }
    }
}

TEST(Transformer, ANewSequenceKnowsNothingOfTheLast) {
    TinyGpt model("tiny-f32.safetensors");
    const std::vector<TokenId> tokens = test_tokens();
    const std::vector<float> first = model.logits(tokens, 5);
    EXPECT_EQ(model.logits(tokens, 5), first);
}

TEST(Transformer, MoreTokensThanPositionsAreRefused) {
    TinyGpt model("tiny-f32.safetensors");
    const std::vector<TokenId> tokens(49, 1);
    EXPECT_THROW((void)(*model).forward(tokens, 1), std::invalid_argument);
    EXPECT_THROW((void)(*model).forward({}, 0), std::invalid_argument);
    const std::vector<TokenId> unknown{320};
    EXPECT_THROW((void)(*model).forward(unknown, 1), std::invalid_argument);
    EXPECT_EQ((*model).forward(std::span(tokens).first(48), 0).size(), 0U);
    EXPECT_THROW((void)(*model).forward(std::span(tokens).first(1), 1), std::invalid_argument);
}

TEST(Workers, EachCallIsMadeOnceAndAnExceptionComesThrough) {
    Workers workers(3);
    std::vector<int> calls(1000, 0);
    workers.for_each(calls.size(), [&](std::size_t i) { ++calls[i]; });
    EXPECT_EQ(calls, std::vector<int>(1000, 1));
    EXPECT_THROW(workers.for_each(5,
                                  [](std::size_t i) {
                                      if (i == 3) {
                                          throw InputError("three");
                                      }
                                  }),
                 InputError);
}

}  // namespace
}  // namespace gca
