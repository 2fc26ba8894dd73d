// Fuzz target: vocab.json and merges.txt of a byte-pair encoding (sim/language/byte_pair_tokenizer.h), and a text that
// is encoded with them. What was encoded must come back.
//
// The input: a byte, the length of the vocabulary's part (two bytes), of the merges' part (two bytes), these, the text.
// Without bit 0 of the first byte, the vocabulary's part stands behind the 256 bytes' own entries.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/language/byte_pair_tokenizer.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

namespace gca::fuzz {

namespace {

/// GPT-2's character for each byte, as UTF-8: printable ones stand for themselves, the others for those from 256 on.
std::vector<std::string> names_of_bytes() {
    std::vector<std::string> names;
    unsigned next = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
        const unsigned point = printable ? byte : next++;
        std::string name;
        if (point >= 128) {
            name += static_cast<char>(0xC0U | point >> 6U);
            name += static_cast<char>(0x80U | (point & 0x3FU));
        } else {
            name += static_cast<char>(point);
        }
        names.push_back(name);
    }
    return names;
}

std::string vocabulary_of_bytes() {
    nlohmann::json vocabulary;
    const std::vector<std::string> names = names_of_bytes();
    for (std::size_t id = 0; id < names.size(); ++id) {
        vocabulary[names[id]] = id;
    }
    std::string text = vocabulary.dump();
    text.pop_back();
    return text;
}

}  // namespace

void try_input(Bytes input) {
    static const MemoryFile vocabulary;
    static const MemoryFile merges;
    static const std::string base = vocabulary_of_bytes();
    Feed feed(input);
    const bool alone = (feed.byte() & 1U) != 0;
    const std::size_t vocabulary_bytes = feed.number<std::uint16_t>();
    const std::size_t merges_bytes = feed.number<std::uint16_t>();
    const std::string entries = text_of(feed.bytes(vocabulary_bytes));
    const std::string text_of_vocabulary = alone ? entries : base + (entries.empty() ? "" : ",") + entries + "}";
    vocabulary.write(std::string_view(text_of_vocabulary));
    merges.write(feed.bytes(merges_bytes));
    const std::string text = text_of(feed.rest());
    accepted(
        [&] {
            const BytePairTokenizer tokenizer(vocabulary.path(), merges.path());
            std::string back;
            const bool encoded = accepted(
                [&] {
                    for (const TokenId token : tokenizer.encode(text, "T")) {
                        require(token < tokenizer.size(), "a token beyond the vocabulary");
                        back += tokenizer.bytes(token);
                    }
                },
                "T");
            require(!encoded || back == text, "the text does not come back");
        },
        "/proc/self/fd/");
}

}  // namespace gca::fuzz
