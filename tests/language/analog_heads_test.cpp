// Hardware attention inside the transformer: heads against the reference model, the RTL against the functional engine,
// and a sequence through the RTL piece by piece.
#include "sim/language/analog_heads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "behavioral/reference.h"
#include "sim/language/evaluate.h"
#include "sim/language/generate.h"
#include "sim/rtl_engine.h"
#include "tests/language/language_test.h"

namespace gca {
namespace {

const GptShape kShape{.layers = 2, .heads = 3, .width = 24, .inner = 96, .positions = 64, .vocabulary = 10};

AnalogSettings settings() {
    AnalogSettings s;
    s.head.geometry = {.dim = 8, .tile_tokens = 8, .tiles = 2};
    s.head.charge_to_pulse = {.s_sat = 10.0, .a_sat = 5.0};
    s.window = 11;
    for (double layer = 0.0; layer < 2.0; ++layer) {  // different ones for each layer and head
        s.layers.push_back({.q = {.a = {0.2 + layer / 10, 0.3, 0.25}, .b = {0.5, 0.4, 0.3}},
                            .k = {.a = {0.15, 0.2 - layer / 10, 0.1}, .b = {0.45, 0.4, 0.5}},
                            .v = {.a = {0.2, 0.15, 0.18}, .b = {0.45, 0.5 - layer / 10, 0.45}},
                            .output = {.a = {2.0, -1.0, 0.5}, .b = {0.0, 0.25, -1.0 + layer}}});
    }
    return s;
}

std::vector<float> random_qkv(std::size_t tokens) {
    std::mt19937_64 random(5);
    std::normal_distribution<float> normal;
    std::vector<float> qkv(tokens * 3 * kShape.width);
    std::generate(qkv.begin(), qkv.end(), [&] { return normal(random); });
    return qkv;
}

/// One layer's attention, `block` tokens at a time.
std::vector<float> run(AnalogHeads& heads, std::size_t layer, const std::vector<float>& qkv, std::size_t block) {
    const std::size_t tokens = qkv.size() / (3 * kShape.width);
    std::vector<float> mixed(tokens * kShape.width);
    for (std::size_t first = 0; first < tokens; first += block) {
        const std::size_t count = std::min(block, tokens - first);
        heads.run(layer, count, std::span(qkv).subspan(first * 3 * kShape.width, count * 3 * kShape.width),
                  std::span(mixed).subspan(first * kShape.width, count * kShape.width));
    }
    return mixed;
}

std::vector<double> scaled(const float* x, const Scaler& scaler, std::size_t head, double full_scale) {
    std::vector<double> values(8);
    std::transform(x, x + 8, values.begin(),
                   [&](float value) { return std::clamp(scaler.a[head] * value + scaler.b[head], 0.0, full_scale); });
    return values;
}

TEST(AnalogHeads, EveryHeadIsTheReferenceBetweenItsScalers) {
    const std::vector<float> qkv = random_qkv(30);
    const AnalogSettings s = settings();
    Workers workers(2);
    AnalogHeads heads(kShape, s, Engine::functional, Mode::sequential, workers);
    heads.new_sequence();
    std::size_t compared = 0;
    for (std::size_t layer = 0; layer < 2; ++layer) {
        const std::vector<float> mixed = run(heads, layer, qkv, 7);
        for (std::size_t head = 0; head < 3; ++head) {
            Reference reference(s.head, s.window);
            StepResult step;
            for (std::size_t t = 0; t < 30; ++t) {
                const float* x = &qkv[t * 72 + head * 8];
                const std::vector<double> q = scaled(x, s.layers[layer].q, head, 1.0);
                const std::vector<double> k = scaled(x + 24, s.layers[layer].k, head, 0.9);
                const std::vector<double> v = scaled(x + 48, s.layers[layer].v, head, 0.9);
                reference.step({.q = q, .k = k, .v = v}, step);
                for (std::size_t e = 0; e < 8; ++e) {
                    if (reference.near_threshold()[e] == 0) {
                        const Scaler& output = s.layers[layer].output;
                        ASSERT_EQ(mixed[t * 24 + head * 8 + e],
                                  static_cast<float>(output.a[head] * step.y[e] + output.b[head]))
                            << "layer " << layer << ", head " << head << ", token " << t << ", output " << e;
                        ++compared;
                    }
                }
            }
        }
    }
    EXPECT_GT(compared, 1400U);
}

TEST(AnalogHeads, RtlAndFunctionalEngineGiveTheSameBits) {
    const std::vector<float> qkv = random_qkv(30);
    for (const CellModel cell : {CellModel::linear, CellModel::cubic}) {
        AnalogSettings s = settings();
        s.head.cell.model = cell;
        Workers workers(2);
        AnalogHeads functional(kShape, s, Engine::functional, Mode::sequential, workers);
        AnalogHeads sequential(kShape, s, Engine::rtl, Mode::sequential, workers);
        AnalogHeads pipelined(kShape, s, Engine::rtl, Mode::pipelined, workers);
        for (int sequence = 0; sequence < 2; ++sequence) {
            functional.new_sequence();
            sequential.new_sequence();
            pipelined.new_sequence();
            for (std::size_t layer = 0; layer < 2; ++layer) {
                const std::vector<float> expected = run(functional, layer, qkv, 30);
                EXPECT_NE(expected, std::vector<float>(expected.size(), 0.0F));
                EXPECT_EQ(run(sequential, layer, qkv, 4), expected) << "layer " << layer;
                EXPECT_EQ(run(pipelined, layer, qkv, 30), expected) << "layer " << layer;
            }
        }
        EXPECT_EQ(functional.cycles(), 0U);
        EXPECT_LT(pipelined.cycles(), sequential.cycles());
    }
}

TEST(AnalogHeads, ATokenTakesItsLatencyInEveryLayer) {
    AnalogSettings s = settings();
    Workers workers(1);
    AnalogHeads heads(kShape, s, Engine::rtl, Mode::sequential, workers);
    heads.new_sequence();
    (void)run(heads, 0, random_qkv(5), 1);
    EXPECT_EQ(heads.cycles(), 5U * 65U);
    (void)run(heads, 1, random_qkv(2), 2);
    EXPECT_EQ(heads.cycles(), 5U * 65U + 2U * 65U);
}

TEST(AnalogHeads, AGeometryWithoutRtlIsRefused) {
    AnalogSettings s = settings();
    s.head.geometry.tiles = 7;
    Workers workers(1);
    EXPECT_NE(message_of([&] { AnalogHeads(kShape, s, Engine::rtl, Mode::sequential, workers); }), "");
}

TEST(AnalogHeads, RtlAndFunctionalEngineWriteTheSameText) {
    const SamplerOptions sampler{.temperature = 1.0, .top_k = 0, .seed = 3};
    std::vector<std::vector<TokenId>> texts;
    for (const AttentionEngine engine : {AttentionEngine::functional, AttentionEngine::rtl}) {
        for (const unsigned threads : {1U, 3U}) {
            LanguageModel model(tiny_model(engine, threads));
            const std::vector<TokenId> prompt = model.tokenizer().encode("the head", "prompt");
            texts.emplace_back();
            generate(model, prompt, 60, sampler, [&](TokenId token) { texts.back().push_back(token); });
        }
    }
    ASSERT_EQ(texts[0].size(), 60U);
    for (const auto& text : texts) {
        EXPECT_EQ(text, texts[0]);
    }
}

TEST(AnalogHeads, TheCellMatters) {
    const std::vector<TokenId> tokens(20, 3);
    LanguageModelOptions options = tiny_model(AttentionEngine::functional);
    LanguageModel linear(options);
    options.overrides = {"cell.model=cubic"};
    LanguageModel cubic(options);
    options.engine = AttentionEngine::softmax;
    LanguageModel softmax(options);
    EXPECT_NE(all_logits(linear, tokens), all_logits(cubic, tokens));
    EXPECT_NE(all_logits(linear, tokens), all_logits(softmax, tokens));
}

TEST(RtlEngine, PieceByPieceIsTheSameAsAtOnce) {
    const AnalogSettings s = settings();
    std::mt19937_64 random(9);
    std::uniform_real_distribution<double> uniform;
    std::vector<double> values(480);  // 20 tokens
    std::generate(values.begin(), values.end(), [&] { return 0.9 * uniform(random); });
    const auto token = [&](std::size_t t) {
        const std::span<const double> all(values);
        return Token{all.subspan(t * 24, 8), all.subspan(t * 24 + 8, 8), all.subspan(t * 24 + 16, 8)};
    };
    for (const Mode mode : {Mode::sequential, Mode::pipelined}) {
        for (const Backpressure backpressure : {Backpressure::none, Backpressure::random}) {
            const RtlOptions options{
                .window = s.window, .mode = mode, .backpressure = backpressure, .trace = std::nullopt};
            std::vector<std::vector<std::int32_t>> whole;
            std::vector<std::vector<std::int32_t>> pieces;
            RtlEngine at_once(s.head, options);
            at_once.run(0, 20, token, [&](std::size_t, auto sums) { whole.emplace_back(sums.begin(), sums.end()); });
            RtlEngine engine(s.head, options);
            engine.begin(0);
            for (const std::size_t end : {1U, 2U, 9U, 9U, 20U}) {
                engine.proceed(end, token, [&](std::size_t t, auto sums) {
                    EXPECT_EQ(t, pieces.size());
                    pieces.emplace_back(sums.begin(), sums.end());
                });
                EXPECT_EQ(engine.timing().tokens, end);
            }
            EXPECT_EQ(pieces, whole);
            EXPECT_EQ(engine.status().tokens, 20U);
        }
    }
}

}  // namespace
}  // namespace gca
