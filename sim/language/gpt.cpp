#include "sim/language/gpt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "behavioral/error.h"
#include "sim/language/safetensors.h"
#include "sim/printable.h"

namespace gca {

namespace {

constexpr std::string_view kPrefix = "transformer.";

/// [rows][columns] to [columns][rows], in blocks that stay in the cache.
std::vector<float> transposed(const std::vector<float>& matrix, std::size_t rows, std::size_t columns) {
    constexpr std::size_t kBlock = 32;
    std::vector<float> result(matrix.size());
    for (std::size_t r0 = 0; r0 < rows; r0 += kBlock) {
        for (std::size_t c0 = 0; c0 < columns; c0 += kBlock) {
            for (std::size_t r = r0; r < std::min(r0 + kBlock, rows); ++r) {
                for (std::size_t c = c0; c < std::min(c0 + kBlock, columns); ++c) {
                    result[c * rows + r] = matrix[r * columns + c];
                }
            }
        }
    }
    return result;
}

class Loader {
 public:
    Loader(const std::filesystem::path& file, const GptShape& shape)
        : file_(file), shape_(shape), prefix_(file_.contains("transformer.wte.weight") ? kPrefix : "") {}

    std::vector<float> tensor(const std::string& name, const std::vector<std::size_t>& shape) {
        used_.insert(prefix_ + name);
        return file_.load(prefix_ + name, shape);
    }
    LayerNorm norm(const std::string& name) {
        return {.gain = tensor(name + ".weight", {shape_.width}),
                .bias = tensor(name + ".bias", {shape_.width}),
                .epsilon = shape_.epsilon};
    }
    /// The published "Conv1D": weights [inputs][outputs].
    Linear conv1d(const std::string& name, std::size_t inputs, std::size_t outputs) {
        return {inputs, outputs, transposed(tensor(name + ".weight", {inputs, outputs}), inputs, outputs),
                tensor(name + ".bias", {outputs})};
    }
    GptBlock block(std::size_t number) {
        const std::string name = fmt::format("h.{}.", number);
        const std::size_t width = shape_.width;
        skipped_.insert(prefix_ + name + "attn.bias");  // the causal mask, in files of old versions
        skipped_.insert(prefix_ + name + "attn.masked_bias");
        return {.before_attention = norm(name + "ln_1"),
                .qkv = conv1d(name + "attn.c_attn", width, 3 * width),
                .attention_output = conv1d(name + "attn.c_proj", width, width),
                .before_mlp = norm(name + "ln_2"),
                .mlp_input = conv1d(name + "mlp.c_fc", width, shape_.inner),
                .mlp_output = conv1d(name + "mlp.c_proj", shape_.inner, width)};
    }
    void check_all_used() const {
        for (const std::string& name : file_.names()) {
            if (!used_.contains(name) && !skipped_.contains(name)) {
                throw InputError(fmt::format("{}: tensor {} is none of a GPT-2 of {} layers",
                                             printable(file_.path().string()), printable(name), shape_.layers));
            }
        }
    }

 private:
    SafetensorsFile file_;
    const GptShape& shape_;
    std::string prefix_;
    std::set<std::string> used_;
    std::set<std::string> skipped_{"lm_head.weight"};  // tied: the same as the embedding
};

}  // namespace

void LayerNorm::apply(std::span<const float> x, std::span<float> y) const {
    double sum = 0.0;
    for (const float value : x) {
        sum += value;
    }
    const double mean = sum / static_cast<double>(x.size());
    double squares = 0.0;
    for (const float value : x) {
        squares += (value - mean) * (value - mean);
    }
    const double variance = squares / static_cast<double>(x.size());
    const double scale = 1.0 / std::sqrt(variance + static_cast<double>(epsilon));
    for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = static_cast<float>((x[i] - mean) * scale) * gain[i] + bias[i];
    }
}

Gpt load_gpt(const std::filesystem::path& file, const GptShape& shape) {
    Loader loader(file, shape);
    Gpt gpt{.shape = shape,
            .tokens = {shape.width, shape.vocabulary, loader.tensor("wte.weight", {shape.vocabulary, shape.width}), {}},
            .positions = loader.tensor("wpe.weight", {shape.positions, shape.width}),
            .blocks = {},
            .final_norm = loader.norm("ln_f")};
    for (std::size_t layer = 0; layer < shape.layers; ++layer) {
        gpt.blocks.push_back(loader.block(layer));
    }
    loader.check_all_used();
    return gpt;
}

}  // namespace gca
