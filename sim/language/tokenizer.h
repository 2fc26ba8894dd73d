// Text to tokens and back.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/language/transformer.h"

namespace gca {

class Tokenizer {
 public:
    Tokenizer() = default;
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;
    virtual ~Tokenizer() = default;

    /// Throws InputError for a text that it cannot encode; `name` stands for the text in the message.
    [[nodiscard]] virtual std::vector<TokenId> encode(std::string_view text, std::string_view name) const = 0;
    /// The bytes of one token: a character may be spread over several. None of an id that the tokenizer never gives.
    [[nodiscard]] virtual std::string_view bytes(TokenId token) const = 0;
    [[nodiscard]] virtual std::size_t size() const = 0;
};

/// A token is a byte.
class ByteTokenizer : public Tokenizer {
 public:
    ByteTokenizer();
    [[nodiscard]] std::vector<TokenId> encode(std::string_view text, std::string_view name) const override;
    [[nodiscard]] std::string_view bytes(TokenId token) const override;
    [[nodiscard]] std::size_t size() const override { return all_.size(); }

 private:
    std::string all_;
};

/// GPT-2's byte-pair encoding from `folder`'s vocab.json and merges.txt where they are, else bytes.
[[nodiscard]] std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace gca
