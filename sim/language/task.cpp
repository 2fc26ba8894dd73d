#include "sim/language/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "behavioral/error.h"
#include "sim/language/evaluate.h"
#include "sim/printable.h"

namespace gca {

namespace {

constexpr std::string_view kSpaces = " \t\r\n";

[[noreturn]] void refuse(const std::string& name, std::size_t line, std::string_view problem) {
    throw InputError(fmt::format("{}:{}: {}", printable(name), line, problem));
}

/// Nothing if `json` is none of the two forms.
std::optional<TaskItem> parse_item(const nlohmann::json& json) {
    try {
        if (json.contains("text")) {
            const auto text = json.at("text").get<std::string>();
            const std::size_t end = text.find_last_not_of(kSpaces) + 1;
            const std::size_t space = std::string_view(text).substr(0, end).find_last_of(kSpaces);
            if (space == std::string::npos || space == 0) {
                return std::nullopt;
            }
            return TaskItem{
                .context = text.substr(0, space), .choices = {text.substr(space, end - space)}, .answer = {}};
        }
        TaskItem item{.context = json.at("context").get<std::string>(),
                      .choices = json.at("choices").get<std::vector<std::string>>(),
                      .answer = json.at("answer").get<std::size_t>()};
        const std::size_t end = item.context.find_last_not_of(kSpaces) + 1;
        const std::string spaces = item.context.substr(end);
        item.context.resize(end);
        for (std::string& choice : item.choices) {
            choice.insert(0, spaces);
        }
        const bool empty = item.context.empty() || std::any_of(item.choices.begin(), item.choices.end(),
                                                               [](const std::string& c) { return c.empty(); });
        return empty || item.choices.size() < 2 || *item.answer >= item.choices.size() ? std::nullopt
                                                                                       : std::optional(item);
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

struct Scored {
    Continuation continuation;
    double nats_per_byte = 0.0;
};

Scored score(LanguageModel& model, const TaskItem& item, const std::string& choice, const std::string& name) {
    std::vector<TokenId> tokens = model.tokenizer().encode(item.context, name);
    const std::vector<TokenId> last = model.tokenizer().encode(choice, name);
    const std::size_t positions = model.file().shape.positions;
    if (last.size() >= positions) {
        refuse(name, item.line,
               fmt::format("a choice has {} tokens: must be fewer than {}, the model's positions", last.size(),
                           positions));
    }
    tokens.insert(tokens.end(), last.begin(), last.end());
    model.check_tokens(tokens, name);
    if (tokens.size() > positions) {
        tokens.erase(tokens.begin(), tokens.end() - static_cast<std::ptrdiff_t>(positions));
    }
    const Continuation continuation = continue_with(model, tokens, tokens.size() - last.size());
    return {.continuation = continuation, .nats_per_byte = continuation.nats / static_cast<double>(choice.size())};
}

}  // namespace

std::vector<TaskItem> load_task(const std::filesystem::path& file) {
    std::error_code error;
    std::ifstream in(file, std::ios::binary);
    if (!std::filesystem::is_regular_file(file, error) || !in) {
        throw InputError(fmt::format("{}: is no file that can be read", printable(file.string())));
    }
    std::vector<TaskItem> items;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line.find_first_not_of(kSpaces) == std::string::npos) {
            continue;
        }
        std::optional<TaskItem> item = parse_item(nlohmann::json::parse(line, nullptr, false));
        if (!item) {
            refuse(file.string(), number,
                   "must be {\"context\": TEXT, \"choices\": [TEXT, TEXT, ...], \"answer\": INDEX} or {\"text\": TWO "
                   "WORDS "
                   "OR MORE}");
        }
        item->line = number;
        items.push_back(std::move(*item));
    }
    if (items.empty()) {
        throw InputError(fmt::format("{}: has no line: must have at least one", printable(file.string())));
    }
    return items;
}

TaskScore score_task(LanguageModel& model, const std::vector<TaskItem>& items, const std::string& name,
                     std::atomic<std::uint64_t>& progress) {
    TaskScore sum;
    for (const TaskItem& item : items) {
        std::vector<Scored> scores;
        std::transform(item.choices.begin(), item.choices.end(), std::back_inserter(scores),
                       [&](const std::string& choice) { return score(model, item, choice, name); });
        if (item.answer) {
            const auto least = [&](const auto& key) {
                const auto found = std::min_element(scores.begin(), scores.end(),
                                                    [&](const Scored& a, const Scored& b) { return key(a) < key(b); });
                return static_cast<std::size_t>(std::distance(scores.begin(), found));
            };
            ++sum.questions;
            sum.right += least([](const Scored& s) { return s.continuation.nats; }) == *item.answer ? 1 : 0;
            sum.right_per_byte += least([](const Scored& s) { return s.nats_per_byte; }) == *item.answer ? 1 : 0;
            sum.chance += 1.0 / static_cast<double>(item.choices.size());
        } else {
            ++sum.words;
            sum.words_right += scores.front().continuation.likeliest ? 1 : 0;
            sum.word_nats += scores.front().continuation.nats;
        }
        progress.fetch_add(1, std::memory_order_relaxed);
    }
    return sum;
}

}  // namespace gca
