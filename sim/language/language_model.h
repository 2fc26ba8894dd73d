// A model ready to run: weights, tokenizer, attention and the threads that they share.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/language/analog_heads.h"
#include "sim/language/gpt.h"
#include "sim/language/model_file.h"
#include "sim/language/tokenizer.h"
#include "sim/language/transformer.h"
#include "sim/language/workers.h"

namespace gca {

enum class AttentionEngine {
    automatic,  ///< softmax, or for a model that was trained for hardware attention an engine for that
    softmax,
    functional,
    rtl,
};

struct LanguageModelOptions {
    std::filesystem::path model;
    std::vector<std::string> overrides;  ///< of hardware attention
    AttentionEngine engine = AttentionEngine::automatic;
    AttentionEngine hardware_engine = AttentionEngine::functional;  ///< where that is automatic
    Mode mode = Mode::sequential;
    unsigned threads = 0;  ///< 0: one a core
};

class LanguageModel {
 public:
    /// Tokens that go through the layers together, where they are known in advance.
    static constexpr std::size_t kBlock = 64;

    /// Throws InputError for files that are broken or do not fit each other.
    explicit LanguageModel(const LanguageModelOptions& options);
    LanguageModel(const LanguageModel&) = delete;
    LanguageModel& operator=(const LanguageModel&) = delete;
    ~LanguageModel() = default;

    [[nodiscard]] const ModelFile& file() const { return file_; }
    [[nodiscard]] const Tokenizer& tokenizer() const { return *tokenizer_; }
    [[nodiscard]] Transformer& transformer() { return *transformer_; }
    /// Null with softmax attention.
    [[nodiscard]] AnalogHeads* analog() { return analog_; }
    [[nodiscard]] AttentionEngine engine() const { return engine_; }
    [[nodiscard]] unsigned threads() const { return workers_.threads(); }

    /// Hardware attention by the functional engine with other settings from now on; the next token begins a sequence.
    void use(const AnalogSettings& settings);

    /// A token's id must be below the vocabulary's size. Throws InputError with `name` and the place.
    void check_tokens(const std::vector<TokenId>& tokens, std::string_view name) const;

 private:
    void make_attention(const AnalogSettings& settings, Mode mode);

    ModelFile file_;
    std::unique_ptr<Tokenizer> tokenizer_;
    Workers workers_;
    Gpt gpt_;
    AttentionEngine engine_;
    std::unique_ptr<Attention> attention_;
    AnalogHeads* analog_ = nullptr;
    std::unique_ptr<Transformer> transformer_;
};

[[nodiscard]] std::string_view to_string(AttentionEngine engine);

}  // namespace gca
