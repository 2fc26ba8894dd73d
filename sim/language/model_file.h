// A language model's JSON file: Hugging Face's config.json of GPT-2, and in its object "gca" what hardware attention
// needs. sim/language/README.md describes both.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "behavioral/config.h"

namespace gca {

struct GptShape {
    std::size_t layers = 0;
    std::size_t heads = 0;
    std::size_t width = 0;  ///< of the residual stream: heads times the head's dimension
    std::size_t inner = 0;  ///< of the MLP
    std::size_t positions = 0;
    std::size_t vocabulary = 0;
    float epsilon = 1e-5F;  ///< of the layer norms

    [[nodiscard]] std::size_t dim() const { return width / heads; }
    bool operator==(const GptShape&) const = default;
};

/// What the heads of hardware attention compute.
struct AnalogSettings {
    Config head;  ///< its scalers are those of no layer
    std::size_t window = 0;
    std::vector<Scalers> layers;  ///< each with one number a head
};

struct ModelFile {
    std::filesystem::path path;
    std::filesystem::path weights;
    std::filesystem::path tokenizer;  ///< folder
    std::string document;             ///< its JSON text, overrides applied
    GptShape shape;
    std::optional<AnalogSettings> analog;
    bool trained_for_hardware = false;
};

/// Reads a model's JSON file, or config.json in a folder. `overrides` such as "cell.model=cubic" or "window=64" change
/// keys of hardware attention. Throws InputError with the file, the key and the limit.
[[nodiscard]] ModelFile load_model_file(const std::filesystem::path& path, const std::vector<std::string>& overrides);

/// The JSON text of `model` with its settings and scalers as `analog` has them, for a file in `folder`: weights and
/// tokenizer are named from there.
[[nodiscard]] std::string model_text(const ModelFile& model, const AnalogSettings& analog,
                                     const std::filesystem::path& folder);

}  // namespace gca
