#include "sim/language/tokenizer.h"

#include <numeric>

#include "sim/language/byte_pair_tokenizer.h"

namespace gca {

ByteTokenizer::ByteTokenizer() : all_(256, '\0') {
    std::iota(all_.begin(), all_.end(), '\0');
}

std::vector<TokenId> ByteTokenizer::encode(std::string_view text, std::string_view /*name*/) const {
    std::vector<TokenId> tokens;
    tokens.reserve(text.size());
    for (const char c : text) {
        tokens.push_back(static_cast<unsigned char>(c));
    }
    return tokens;
}

std::string_view ByteTokenizer::bytes(TokenId token) const {
    return token < all_.size() ? std::string_view(all_).substr(token, 1) : std::string_view();
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder) {
    const std::filesystem::path vocabulary = folder / "vocab.json";
    const std::filesystem::path merges = folder / "merges.txt";
    if (!std::filesystem::exists(vocabulary) && !std::filesystem::exists(merges)) {
        return std::make_unique<ByteTokenizer>();
    }
    return std::make_unique<BytePairTokenizer>(vocabulary, merges);
}

}  // namespace gca
