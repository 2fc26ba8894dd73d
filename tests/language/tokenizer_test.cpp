// Tokenizers against the ids that the library tokenizers gives (tokenizer_cases.json), and files that are refused.
#include "sim/language/tokenizer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "sim/language/byte_pair_tokenizer.h"
#include "sim/language/word_splitter.h"
#include "tests/language/language_test.h"

namespace gca {
namespace {

std::string decode(const Tokenizer& tokenizer, const std::vector<TokenId>& tokens) {
    std::string text;
    for (const TokenId token : tokens) {
        text += tokenizer.bytes(token);
    }
    return text;
}

std::vector<std::string> words(const std::string& text) {
    std::vector<std::string> all;
    WordSplitter().split(text, "text", [&](std::string_view word) { all.emplace_back(word); });
    return all;
}

TEST(Tokenizer, BytePairsAreThoseOfTheTokenizersLibrary) {
    const auto tokenizer = load_tokenizer(language_data());
    EXPECT_EQ(tokenizer->size(), 320U);
    std::ifstream in(language_data() / "tokenizer_cases.json");
    const auto cases = nlohmann::json::parse(in);
    ASSERT_GE(cases.size(), 10U);
    for (const auto& item : cases) {
        const auto text = item.at("text").get<std::string>();
        const std::vector<TokenId> tokens = tokenizer->encode(text, "text");
        EXPECT_EQ(tokens, item.at("ids").get<std::vector<TokenId>>()) << text;
        EXPECT_EQ(decode(*tokenizer, tokens), text);
    }
}

TEST(Tokenizer, ALongWordIsNoMoreThanItsMerges) {
    const auto tokenizer = load_tokenizer(language_data());
    const std::string text(100000, 'a');
    EXPECT_EQ(decode(*tokenizer, tokenizer->encode(text, "text")), text);
}

TEST(Tokenizer, ATokenIsAByteWithoutAVocabulary) {
    const auto tokenizer = load_tokenizer(language_data() / "none");
    std::string text(256, '\0');
    std::iota(text.begin(), text.end(), '\0');
    const std::vector<TokenId> tokens = tokenizer->encode(text, "text");
    ASSERT_EQ(tokens.size(), 256U);
    EXPECT_EQ(tokens[0], 0U);
    EXPECT_EQ(tokens[255], 255U);
    EXPECT_EQ(decode(*tokenizer, tokens), text);
    EXPECT_EQ(tokenizer->bytes(256), "");
    EXPECT_EQ(load_tokenizer(language_data())->bytes(320), "");
}

TEST(WordSplitter, WordsAreLettersDigitsOrOthersWithOneSpaceBefore) {
    using Words = std::vector<std::string>;
    EXPECT_EQ(words("I'll  go, 12 miles!"), (Words{"I", "'ll", " ", " go", ",", " 12", " miles", "!"}));
    EXPECT_EQ(words("a \n b  "), (Words{"a", " \n", " b", "  "}));
    EXPECT_EQ(words("x\xE2\x80\x83y"), (Words{"x", "\xE2\x80\x83", "y"}));  // em space
    EXPECT_EQ(words("x\xE1\xA0\x8Ey"), (Words{"x", "\xE1\xA0\x8E", "y"}));  // U+180E: no space, no letter
    EXPECT_EQ(words("x \xE1\xA0\x8E"), (Words{"x", " \xE1\xA0\x8E"}));
    EXPECT_EQ(words("\xC3\xA9t\xC3\xA9'S"), (Words{"\xC3\xA9t\xC3\xA9", "'", "S"}));
    EXPECT_EQ(words(""), Words{});
}

TEST(WordSplitter, ATextThatIsNoUtf8IsRefusedByItsPlace) {
    EXPECT_TRUE(says(message_of([] { (void)words("ab\xFFz"); }), "text: byte 2 begins no UTF-8 character"));
    EXPECT_TRUE(says(message_of([] { (void)words("abc \xE2\x80"); }), "text: byte 4 begins no UTF-8 character"));
}

class BytePairFiles : public FolderTest {
 protected:
    [[nodiscard]] std::string refusal(const nlohmann::json& vocabulary, const std::string& merges) const {
        const auto json = write("vocab.json", vocabulary.dump());
        const auto text = write("merges.txt", merges);
        return message_of([&] { BytePairTokenizer(json, text); });
    }
    static nlohmann::json vocabulary() {
        std::ifstream in(language_data() / "vocab.json");
        return nlohmann::json::parse(in);
    }
};

TEST_F(BytePairFiles, BrokenOnesAreRefused) {
    nlohmann::json json = vocabulary();
    EXPECT_EQ(refusal(json, "#version: 0.2\n\u0120 t\r\n"), "");
    EXPECT_TRUE(says(refusal(json, "#version: 0.2\n\u0120 t\nth\n"), "merges.txt:3: th must be two tokens"));
    EXPECT_TRUE(says(refusal(json, "q zz\n"), "merges.txt:1"));
    json["!"] = 5;
    EXPECT_TRUE(says(refusal(json, ""), "has id 5: must be a number of its own from 0 to 319"));
    json["!"] = -1;
    EXPECT_TRUE(says(refusal(json, ""), "token ! has id -1"));
    json.erase("!");
    EXPECT_TRUE(says(refusal(json, ""), "must be a number of its own from 0 to 318"));
    json = vocabulary();
    json["nobyte"] = json["!"];
    json.erase("!");
    EXPECT_TRUE(says(refusal(json, ""), "has no token ! for byte 33"));
    EXPECT_TRUE(says(refusal(nlohmann::json::array(), ""), "must be a JSON object"));
    (void)write("vocab.json", vocabulary().dump());
    std::filesystem::remove(path("merges.txt"));
    EXPECT_TRUE(says(message_of([&] { (void)load_tokenizer(path("")); }), "merges.txt: is no file"));
}

}  // namespace
}  // namespace gca
