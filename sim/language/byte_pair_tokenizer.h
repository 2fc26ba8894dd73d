// GPT-2's byte-level byte-pair encoding: https://huggingface.co/learn/llm-course/chapter6/5
//
// A word's bytes are tokens at first; then, again and again, the pair of neighbours that comes first in merges.txt
// becomes one token, wherever it is in the word. Both files write a byte as a printable character of their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <unordered_map>

#include "sim/language/tokenizer.h"
#include "sim/language/word_splitter.h"

namespace gca {

class BytePairTokenizer : public Tokenizer {
 public:
    /// Throws InputError with the file and what is wrong: the 256 bytes and every merge's parts and result must be in
    /// the vocabulary, whose ids are 0 to size - 1.
    BytePairTokenizer(const std::filesystem::path& vocabulary, const std::filesystem::path& merges);

    [[nodiscard]] std::vector<TokenId> encode(std::string_view text, std::string_view name) const override;
    [[nodiscard]] std::string_view bytes(TokenId token) const override {
        return token < bytes_.size() ? std::string_view(bytes_[token]) : std::string_view();
    }
    [[nodiscard]] std::size_t size() const override { return bytes_.size(); }

 private:
    struct Merge {
        std::uint32_t rank;
        TokenId result;
    };

    void load_vocabulary(const std::filesystem::path& file);
    void load_merges(const std::filesystem::path& file);
    [[nodiscard]] std::vector<TokenId> encode_word(std::string_view word) const;

    WordSplitter splitter_;
    std::vector<std::string> bytes_;                   ///< of each token
    std::unordered_map<std::string, TokenId> ids_;     ///< by the name that the files use
    std::vector<TokenId> of_byte_;                     ///< [256]
    std::unordered_map<std::uint64_t, Merge> merges_;  ///< by the two parts
};

}  // namespace gca
