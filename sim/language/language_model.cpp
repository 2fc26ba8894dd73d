#include "sim/language/language_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "behavioral/error.h"
#include "sim/language/softmax_heads.h"
#include "sim/printable.h"

namespace gca {

LanguageModel::LanguageModel(const LanguageModelOptions& options)
    : file_(load_model_file(options.model, options.overrides)),
      tokenizer_(load_tokenizer(file_.tokenizer)),
      workers_(options.threads),
      gpt_(load_gpt(file_.weights, file_.shape)),
      engine_(options.engine) {
    if (engine_ == AttentionEngine::automatic) {
        engine_ = file_.trained_for_hardware ? options.hardware_engine : AttentionEngine::softmax;
    }
    if (tokenizer_->size() > file_.shape.vocabulary) {
        throw InputError(fmt::format("{}: vocab_size is {}: the tokenizer beside it has {} tokens",
                                     printable(file_.path.string()), file_.shape.vocabulary, tokenizer_->size()));
    }
    if (engine_ != AttentionEngine::softmax && !file_.analog) {
        throw InputError(fmt::format("--engine is {}: {} has no gca.scalers, which hardware attention needs",
                                     to_string(engine_), printable(file_.path.string())));
    }
    if (engine_ == AttentionEngine::softmax) {
        attention_ = std::make_unique<SoftmaxHeads>(file_.shape, workers_);
        transformer_ = std::make_unique<Transformer>(gpt_, *attention_, workers_);
    } else {
        make_attention(*file_.analog, options.mode);
    }
}

void LanguageModel::make_attention(const AnalogSettings& settings, Mode mode) {
    auto analog = std::make_unique<AnalogHeads>(
        file_.shape, settings, engine_ == AttentionEngine::rtl ? Engine::rtl : Engine::functional, mode, workers_);
    analog_ = analog.get();
    transformer_.reset();
    attention_ = std::move(analog);
    transformer_ = std::make_unique<Transformer>(gpt_, *attention_, workers_);
}

void LanguageModel::use(const AnalogSettings& settings) {
    engine_ = AttentionEngine::functional;
    make_attention(settings, Mode::sequential);
}

void LanguageModel::check_tokens(const std::vector<TokenId>& tokens, std::string_view name) const {
    const auto bad =
        std::find_if(tokens.begin(), tokens.end(), [this](TokenId token) { return token >= file_.shape.vocabulary; });
    if (bad != tokens.end()) {
        throw InputError(fmt::format("{}: token {} is {}: must be below {}, the model's vocab_size", printable(name),
                                     std::distance(tokens.begin(), bad), *bad, file_.shape.vocabulary));
    }
}

std::string_view to_string(AttentionEngine engine) {
    switch (engine) {
        case AttentionEngine::automatic:
            return "automatic";
        case AttentionEngine::softmax:
            return "softmax";
        case AttentionEngine::functional:
            return "functional";
        case AttentionEngine::rtl:
            break;
    }
    return "rtl";
}

}  // namespace gca
