#include "sim/language/byte_pair_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "behavioral/error.h"
#include "sim/printable.h"

namespace gca {

namespace {

constexpr std::size_t kMaxTokens = std::size_t{1} << 24U;

std::uint64_t pair_key(TokenId left, TokenId right) {
    return std::uint64_t{left} << 32U | right;
}

/// UTF-8 of a code point below 0x800: all that the files' characters for bytes are.
std::string utf8(unsigned code_point) {
    if (code_point < 0x80) {
        return {static_cast<char>(code_point)};
    }
    return {static_cast<char>(0xC0U | code_point >> 6U), static_cast<char>(0x80U | (code_point & 0x3FU))};
}

/// The files' character for each byte: itself where Latin-1 has a visible character there, else the next one from
/// U+0100 on.
std::vector<std::string> byte_names() {
    std::vector<std::string> names;
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool visible = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
        names.push_back(utf8(visible ? byte : next++));
    }
    return names;
}

/// A token's bytes from its name; a special token's name, which has other characters, is its text.
std::string bytes_of_name(const std::string& name, const std::unordered_map<std::string, char>& byte_of) {
    std::string bytes;
    for (std::size_t i = 0; i < name.size();) {
        const std::size_t length = static_cast<unsigned char>(name[i]) < 0x80 ? 1 : 2;
        const auto found = byte_of.find(name.substr(i, length));
        if (found == byte_of.end()) {
            return name;
        }
        bytes += found->second;
        i += length;
    }
    return bytes;
}

std::ifstream open(const std::filesystem::path& file) {
    std::error_code error;
    std::ifstream in(file, std::ios::binary);
    if (!std::filesystem::is_regular_file(file, error) || !in) {
        throw InputError(
            fmt::format("{}: is no file that can be read: byte-pair encoding needs vocab.json and merges.txt",
                        printable(file.string())));
    }
    return in;
}

}  // namespace

BytePairTokenizer::BytePairTokenizer(const std::filesystem::path& vocabulary, const std::filesystem::path& merges) {
    load_vocabulary(vocabulary);
    load_merges(merges);
}

void BytePairTokenizer::load_vocabulary(const std::filesystem::path& file) {
    const auto refuse = [&file](const std::string& problem) {
        throw InputError(fmt::format("{}: {}", printable(file.string()), problem));
    };
    std::ifstream in = open(file);
    const nlohmann::json json = nlohmann::json::parse(in, nullptr, false);
    if (!json.is_object() || json.size() > kMaxTokens) {
        refuse(fmt::format("must be a JSON object of at most {} tokens", kMaxTokens));
    }
    const std::vector<std::string> names = byte_names();
    std::unordered_map<std::string, char> byte_of;
    for (std::size_t byte = 0; byte < names.size(); ++byte) {
        byte_of.emplace(names[byte], static_cast<char>(byte));
    }
    std::vector<bool> taken(json.size(), false);
    bytes_.resize(json.size());
    for (const auto& [name, id] : json.items()) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= json.size() || taken[id.get<std::size_t>()]) {
            refuse(fmt::format("token {} has id {}: must be a number of its own from 0 to {}", printable(name),
                               printable(id.dump()), json.size() - 1));
        }
        const auto token = id.get<TokenId>();
        taken[token] = true;
        ids_.emplace(name, token);
        bytes_[token] = bytes_of_name(name, byte_of);
    }
    for (std::size_t byte = 0; byte < names.size(); ++byte) {
        const auto found = ids_.find(names[byte]);
        if (found == ids_.end()) {
            refuse(fmt::format("has no token {} for byte {}", names[byte], byte));
        }
        of_byte_.push_back(found->second);
    }
}

void BytePairTokenizer::load_merges(const std::filesystem::path& file) {
    std::ifstream in = open(file);
    std::string line;
    std::uint32_t rank = 0;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        if (line.empty() || (number == 1 && line.rfind("#version", 0) == 0)) {
            continue;
        }
        const std::size_t space = line.find(' ');
        const auto token = [&](const std::string& name) -> std::optional<TokenId> {
            const auto found = ids_.find(name);
            return found == ids_.end() ? std::nullopt : std::optional(found->second);
        };
        const std::string left = line.substr(0, space);
        const std::string right = space == std::string::npos ? "" : line.substr(space + 1);
        const auto left_id = token(left);
        const auto right_id = token(right);
        const auto result = token(left + right);
        if (!left_id || !right_id || !result) {
            throw InputError(fmt::format("{}:{}: {} must be two tokens of the vocabulary that are one together",
                                         printable(file.string()), number, printable(line)));
        }
        merges_.emplace(pair_key(*left_id, *right_id), Merge{.rank = rank++, .result = *result});
    }
}

std::vector<TokenId> BytePairTokenizer::encode_word(std::string_view word) const {
    std::vector<TokenId> tokens;
    for (const char c : word) {
        tokens.push_back(of_byte_[static_cast<unsigned char>(c)]);
    }
    while (tokens.size() > 1) {
        const Merge* best = nullptr;
        std::uint64_t best_pair = 0;
        for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
            const auto found = merges_.find(pair_key(tokens[i], tokens[i + 1]));
            if (found != merges_.end() && (best == nullptr || found->second.rank < best->rank)) {
                best = &found->second;
                best_pair = found->first;
            }
        }
        if (best == nullptr) {
            break;
        }
        std::size_t kept = 0;
        for (std::size_t i = 0; i < tokens.size(); ++kept) {
            const bool pair = i + 1 < tokens.size() && pair_key(tokens[i], tokens[i + 1]) == best_pair;
            tokens[kept] = pair ? best->result : tokens[i];
            i += pair ? 2 : 1;
        }
        tokens.resize(kept);
    }
    return tokens;
}

std::vector<TokenId> BytePairTokenizer::encode(std::string_view text, std::string_view name) const {
    std::vector<TokenId> tokens;
    std::unordered_map<std::string_view, std::vector<TokenId>> known;  // most words come again
    splitter_.split(text, name, [&](std::string_view word) {
        const auto [entry, is_new] = known.try_emplace(word);
        if (is_new) {
            entry->second = encode_word(word);
        }
        tokens.insert(tokens.end(), entry->second.begin(), entry->second.end());
    });
    return tokens;
}

}  // namespace gca
