#include "sim/language/gpt2_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>
#include <utility>

#include "sim/interrupt.h"
#include "sim/language/analog_heads.h"
#include "sim/language/gpt.h"
#include "sim/language/softmax_heads.h"
#include "sim/language/transformer.h"
#include "sim/language/workers.h"
#include "sim/stopwatch.h"

namespace gca {

namespace {

constexpr std::size_t kPromptTokens = 64;
constexpr std::size_t kDecodedTokens = 32;

std::vector<float> random_values(std::size_t count, float spread) {
    std::minstd_rand random(1);
    const float unit = 2.0F * spread / static_cast<float>(std::minstd_rand::max());
    std::vector<float> values(count);
    std::generate(values.begin(), values.end(), [&] { return unit * static_cast<float>(random()) - spread; });
    return values;
}

Linear random_linear(std::size_t inputs, std::size_t outputs) {
    constexpr float kSpread = 0.03F;
    return {inputs, outputs, random_values(inputs * outputs, kSpread), std::vector<float>(outputs, 0.0F)};
}

Gpt random_gpt(const GptShape& shape) {
    const std::size_t width = shape.width;
    const LayerNorm norm{
        .gain = std::vector<float>(width, 1.0F), .bias = std::vector<float>(width, 0.0F), .epsilon = shape.epsilon};
    Gpt gpt{.shape = shape,
            .tokens = random_linear(width, shape.vocabulary),
            .positions = random_values(shape.positions * width, 0.01F),
            .blocks = {},
            .final_norm = norm};
    for (std::size_t layer = 0; layer < shape.layers; ++layer) {
        gpt.blocks.push_back({.before_attention = norm,
                              .qkv = random_linear(width, 3 * width),
                              .attention_output = random_linear(width, width),
                              .before_mlp = norm,
                              .mlp_input = random_linear(width, shape.inner),
                              .mlp_output = random_linear(shape.inner, width)});
    }
    return gpt;
}

/// Projections without structure, in hardware range: about half of the pulses of S3 are on, more than in a language
/// model's head.
std::vector<float> random_projections(const GptShape& shape) {
    const std::size_t width = shape.width;
    std::mt19937_64 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> qkv(shape.positions * 3 * width);
    for (std::size_t i = 0; i < qkv.size(); ++i) {
        const bool query = i % (3 * width) < width;
        qkv[i] = (query ? 0.4F : 0.45F) + 0.2F * normal(random);
    }
    return qkv;
}

AnalogSettings paper_heads(const GptShape& shape) {
    const Scaler plain{.a = std::vector<double>(shape.heads, 1.0), .b = std::vector<double>(shape.heads, 0.0)};
    AnalogSettings settings;
    settings.window = settings.head.geometry.capacity();
    settings.layers.assign(shape.layers, {.q = plain, .k = plain, .v = plain, .output = plain});
    return settings;
}

double attention_time(AnalogHeads& heads, const GptShape& shape, const std::vector<float>& qkv) {
    std::vector<float> mixed(shape.positions * shape.width);
    heads.new_sequence();
    const Stopwatch stopwatch;
    for (std::size_t layer = 0; layer < shape.layers; ++layer) {
        check_interrupt();
        heads.run(layer, shape.positions, qkv, mixed);
    }
    return stopwatch.seconds();
}

double decode_time(Transformer& transformer) {
    const std::vector<TokenId> prompt(kPromptTokens, 1);
    transformer.new_sequence();
    (void)transformer.forward(prompt, 1);
    TokenId last = 1;
    const Stopwatch stopwatch;
    for (std::size_t i = 0; i < kDecodedTokens; ++i) {
        check_interrupt();
        const std::span<const float> logits = transformer.forward(std::span(&last, 1), 1);
        last = static_cast<TokenId>(std::distance(logits.begin(), std::max_element(logits.begin(), logits.end())));
    }
    return stopwatch.seconds() / static_cast<double>(kDecodedTokens);
}

/// The first run warms up and is not counted.
template <typename Time>
std::vector<double> repeat(unsigned repeats, const Time& time) {
    std::vector<double> times;
    for (unsigned i = 0; i <= repeats; ++i) {
        times.push_back(time());
    }
    times.erase(times.begin());
    return times;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double best(const std::vector<double>& values) {
    return *std::min_element(values.begin(), values.end());
}

}  // namespace

Gpt2Bench run_gpt2_bench(const GptShape& shape, unsigned repeats, unsigned threads) {
    Workers workers(threads);
    Gpt2Bench bench{.shape = shape, .threads = workers.threads(), .rtl_s = {}, .functional_s = {}, .decode_s = {}};
    const std::vector<float> qkv = random_projections(shape);
    const auto attention = [&](Engine engine) {
        AnalogHeads heads(shape, paper_heads(shape), engine, Mode::sequential, workers);
        return repeat(repeats, [&] { return attention_time(heads, shape, qkv); });
    };
    bench.rtl_s = attention(Engine::rtl);
    bench.functional_s = attention(Engine::functional);
    const Gpt gpt = random_gpt(shape);
    SoftmaxHeads softmax(shape, workers);
    Transformer transformer(gpt, softmax, workers);
    bench.decode_s = repeat(repeats, [&] { return decode_time(transformer); });
    return bench;
}

std::string format_gpt2_bench(const Gpt2Bench& bench) {
    std::string text = fmt::format("GPT-2 of {} layers of {} heads, {} thread{}\n", bench.shape.layers,
                                   bench.shape.heads, bench.threads, bench.threads == 1 ? "" : "s");
    text += fmt::format("  {:<44}{:>12}{:>12}\n", "", "median", "best");
    const auto add = [&text](std::string_view name, const std::vector<double>& times, double unit,
                             std::string_view of) {
        text += fmt::format("  {:<44}{:>12}{:>12}\n", name, fmt::format("{:.2f} {}", median(times) * unit, of),
                            fmt::format("{:.2f} {}", best(times) * unit, of));
    };
    const std::string all =
        fmt::format("{} tokens through {} heads", bench.shape.positions, bench.shape.layers * bench.shape.heads);
    add(all + ", rtl", bench.rtl_s, 1.0, "s");
    add(all + ", functional", bench.functional_s, 1.0, "s");
    add("a token in decoding, softmax attention", bench.decode_s, 1e3, "ms");
    return text;
}

std::string gpt2_bench_json(const Gpt2Bench& bench) {
    const nlohmann::ordered_json json{
        {"threads", bench.threads},           {"heads", bench.shape.layers * bench.shape.heads},
        {"tokens", bench.shape.positions},    {"rtl_s", bench.rtl_s},
        {"functional_s", bench.functional_s}, {"decode_s", bench.decode_s}};
    return json.dump(2) + "\n";
}

}  // namespace gca
