// Tasks: how lines are read, and scores against likelihoods by the definition.
#include "sim/language/task.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/language/evaluate.h"
#include "tests/language/language_test.h"

namespace gca {
namespace {

class Task : public FolderTest {
 protected:
    [[nodiscard]] std::vector<TaskItem> load(const std::string& lines) const {
        return load_task(write("t.jsonl", lines));
    }
    [[nodiscard]] std::string refusal(const std::string& lines) const {
        return message_of([&] { (void)load(lines); });
    }
    static TaskScore score(LanguageModel& model, const std::vector<TaskItem>& items) {
        std::atomic<std::uint64_t> progress{0};
        const TaskScore sum = score_task(model, items, "t", progress);
        EXPECT_EQ(progress, items.size());
        return sum;
    }
};

/// Minus the log-likelihood of `last` after `context`, and whether each token is the likeliest, from all logits.
Continuation by_definition(LanguageModel& model, const std::string& context, const std::string& last) {
    std::vector<TokenId> tokens = model.tokenizer().encode(context, "t");
    const std::size_t first = tokens.size();
    const std::vector<TokenId> more = model.tokenizer().encode(last, "t");
    tokens.insert(tokens.end(), more.begin(), more.end());
    const std::vector<float> logits = all_logits(model, tokens);
    const std::size_t vocabulary = model.file().shape.vocabulary;
    Continuation result{.nats = 0.0, .likeliest = true};
    for (std::size_t t = first; t < tokens.size(); ++t) {
        const float* row = &logits[(t - 1) * vocabulary];
        double sum = 0.0;
        for (std::size_t i = 0; i < vocabulary; ++i) {
            sum += std::exp(static_cast<double>(row[i]));
            result.likeliest = result.likeliest && row[i] <= row[tokens[t]];
        }
        result.nats += std::log(sum) - row[tokens[t]];
    }
    return result;
}

TEST_F(Task, LinesAreQuestionsOrLastWords) {
    const std::vector<TaskItem> items =
        load(R"({"context": "The sky is ", "choices": ["blue", "a fish."], "answer": 1})"
             "\n\n"
             R"({"text": "one two  three\n"})");
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0].context, "The sky is");
    EXPECT_EQ(items[0].choices, (std::vector<std::string>{" blue", " a fish."}));
    EXPECT_EQ(items[0].answer, 1U);
    EXPECT_EQ(items[1].line, 3U);
    EXPECT_EQ(items[1].context, "one two ");
    EXPECT_EQ(items[1].choices, std::vector<std::string>{" three"});
    EXPECT_FALSE(items[1].answer);
}

TEST_F(Task, OtherLinesAreRefusedByNumber) {
    const std::string good = R"({"text": "a b"})"
                             "\n";
    EXPECT_EQ(refusal(good), "");
    for (const std::string bad :
         {R"({"text": "word"})", R"({"text": " word "})", R"({"text": 3})", "[]", "{", "3",
          R"({"context": "a", "choices": ["b", "c"]})", R"({"context": "a", "choices": ["b"], "answer": 0})",
          R"({"context": "a", "choices": ["b", "c"], "answer": 2})",
          R"({"context": "a", "choices": ["b", ""], "answer": 0})",
          R"({"context": " ", "choices": ["b", "c"], "answer": 0})",
          R"({"context": "a", "choices": ["b", "c"], "answer": -1})"}) {
        EXPECT_TRUE(says(refusal(good + bad), "t.jsonl:2: must be {\"context\": TEXT")) << bad;
    }
    EXPECT_TRUE(says(refusal(""), "has no line"));
    EXPECT_TRUE(says(message_of([&] { (void)load_task(path("none")); }), "is no file that can be read"));
}

TEST_F(Task, ScoresAreSumsOfLikelihoods) {
    for (const AttentionEngine engine : {AttentionEngine::softmax, AttentionEngine::functional}) {
        LanguageModel model(tiny_model(engine));
        const std::vector<std::string> choices{" head", " a longer choice of words", "x"};
        std::size_t likeliest = 0;
        std::size_t likeliest_per_byte = 0;
        const auto nats = [&](std::size_t i) { return by_definition(model, "The adders sum the", choices[i]).nats; };
        for (std::size_t i = 1; i < choices.size(); ++i) {
            likeliest = nats(i) < nats(likeliest) ? i : likeliest;
            likeliest_per_byte =
                nats(i) / static_cast<double>(choices[i].size()) <
                        nats(likeliest_per_byte) / static_cast<double>(choices[likeliest_per_byte].size())
                    ? i
                    : likeliest_per_byte;
        }
        std::vector<TaskItem> items;
        for (std::size_t answer = 0; answer < choices.size(); ++answer) {
            items.push_back(
                {.line = answer + 1, .context = "The adders sum the", .choices = choices, .answer = answer});
        }
        const TaskScore all = score(model, items);
        EXPECT_EQ(all.questions, 3U);
        EXPECT_EQ(all.right, 1U);
        EXPECT_EQ(all.right_per_byte, 1U);
        EXPECT_DOUBLE_EQ(all.chance, 1.0);
        EXPECT_EQ(score(model, {items[likeliest]}).right, 1U);
        EXPECT_EQ(score(model, {items[likeliest_per_byte]}).right_per_byte, 1U);
        EXPECT_NE(likeliest, likeliest_per_byte) << "other choices would tell the two apart";
    }
}

TEST_F(Task, ALastWordIsRightIfEachOfItsTokensIsTheLikeliest) {
    LanguageModel model(tiny_model(AttentionEngine::softmax));
    const std::vector<TaskItem> items = load(R"({"text": "The adders sum the counts"})");
    const Continuation expected = by_definition(model, "The adders sum the", " counts");
    const TaskScore sum = score(model, items);
    EXPECT_EQ(sum.words, 1U);
    EXPECT_EQ(sum.words_right, expected.likeliest ? 1U : 0U);
    EXPECT_NEAR(sum.word_nats, expected.nats, 1e-5);

    // What the model itself would write next is the likeliest, token after token.
    std::vector<TokenId> tokens = model.tokenizer().encode("The adders sum the", "t");
    const std::size_t first = tokens.size();
    for (int i = 0; i < 3; ++i) {
        const std::vector<float> logits = all_logits(model, tokens);
        const auto row = logits.end() - static_cast<std::ptrdiff_t>(model.file().shape.vocabulary);
        tokens.push_back(static_cast<TokenId>(std::distance(row, std::max_element(row, logits.end()))));
        EXPECT_TRUE(continue_with(model, tokens, first).likeliest);
    }
    tokens[first + 1] = tokens[first + 1] == 5 ? 6 : 5;
    EXPECT_FALSE(continue_with(model, tokens, first).likeliest);
}

TEST_F(Task, ALongContextIsItsEndAndALongChoiceIsRefused) {
    LanguageModel model(tiny_model(AttentionEngine::softmax));
    std::string context;
    for (int i = 0; i < 100; ++i) {
        context += "!\"#$%&"[i % 6];
    }
    const TaskItem item{.line = 7, .context = context, .choices = {" ?"}, .answer = {}};
    const std::size_t last = model.tokenizer().encode(" ?", "t").size();
    const TaskItem end{
        .line = 7, .context = context.substr(context.size() - (48 - last)), .choices = {" ?"}, .answer = {}};
    EXPECT_DOUBLE_EQ(score(model, {item}).word_nats, score(model, {end}).word_nats);
    const TaskItem too_long{.line = 7, .context = "a", .choices = {std::string(200, '?')}, .answer = {}};
    EXPECT_TRUE(says(message_of([&] { (void)score(model, {too_long}); }), "t:7: a choice has"));
}

}  // namespace
}  // namespace gca
