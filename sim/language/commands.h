// The commands of `gca` around a language model: generate, eval, adapt, tokenize.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "sim/language/adapt.h"
#include "sim/language/generate.h"
#include "sim/language/language_model.h"

namespace CLI {
class App;
}

namespace gca {

enum class LanguageCommand { generate, eval, adapt, tokenize };

struct LanguageArguments {
    LanguageCommand command = LanguageCommand::generate;
    LanguageModelOptions model;
    std::string prompt = "She had not expected to meet him there, and";
    std::size_t count = 400;
    SamplerOptions sampler;
    std::string text;
    std::string tokens;
    std::string logits;
    std::string projections;
    std::string task;
    std::size_t limit = 0;   ///< 0: all tokens
    std::size_t stride = 0;  ///< 0: the model's positions
    bool json = false;
    AdaptOptions adapt;
    std::size_t samples = 8;
    std::string output;
    std::string tokenizer;
};

/// Adds the commands and their options to the program's; `chosen` is called when one of them is.
void add_language_commands(CLI::App& app, LanguageArguments& arguments, const std::function<void()>& chosen);

/// Does what `arguments` say; returns the exit code.
int language_command(const LanguageArguments& arguments);

}  // namespace gca
