// GPT-2's weights: https://huggingface.co/docs/transformers/model_doc/gpt2
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "sim/language/linear.h"
#include "sim/language/model_file.h"

namespace gca {

struct LayerNorm {
    std::vector<float> gain;
    std::vector<float> bias;
    float epsilon = 0.0F;

    /// `x` and `y` [width].
    void apply(std::span<const float> x, std::span<float> y) const;
};

struct GptBlock {
    LayerNorm before_attention;
    Linear qkv;
    Linear attention_output;
    LayerNorm before_mlp;
    Linear mlp_input;
    Linear mlp_output;
};

struct Gpt {
    GptShape shape;
    Linear tokens;                 ///< [vocabulary][width]: the embedding, and the tied head
    std::vector<float> positions;  ///< [positions][width]
    std::vector<GptBlock> blocks;
    LayerNorm final_norm;
};

/// Loads the published layout, names with or without "transformer.". Throws InputError with the tensor's name for one
/// that is missing, broken, of another shape or unknown.
[[nodiscard]] Gpt load_gpt(const std::filesystem::path& file, const GptShape& shape);

}  // namespace gca
