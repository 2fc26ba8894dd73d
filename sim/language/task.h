// Tasks of the form that language models are compared by: multiple choice, and the last word of a text.
//
// A file of JSON lines, each one of
//
//   {"context": "The sky is", "choices": [" green.", " blue."], "answer": 1}    the likeliest choice should be it
//   {"text": "He gave her the book, and she read the book"}                      the last word should be the likeliest
//
// Spaces between context and choice belong to the choice; a word brings the space before it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/language/language_model.h"

namespace gca {

struct TaskItem {
    std::size_t line = 0;  ///< in the file, from 1
    std::string context;
    std::vector<std::string> choices;   ///< of a last word, that word alone
    std::optional<std::size_t> answer;  ///< none of a last word
};

struct TaskScore {
    std::size_t questions = 0;
    std::size_t right = 0;           ///< the answer is the likeliest choice
    std::size_t right_per_byte = 0;  ///< the same after a division by the choices' bytes
    double chance = 0.0;             ///< right ones to expect from a guess
    std::size_t words = 0;
    std::size_t words_right = 0;  ///< each of its tokens is the likeliest
    double word_nats = 0.0;       ///< minus the sum of their log-likelihoods
};

/// Throws InputError with the line and what is wrong with it; at least one line must be there.
[[nodiscard]] std::vector<TaskItem> load_task(const std::filesystem::path& file);

/// Each context with each choice is a sequence of its own; of one that is longer than the model's positions, the end.
/// `progress` counts items. Throws InputError, with `name`, for a choice that does not fit.
[[nodiscard]] TaskScore score_task(LanguageModel& model, const std::vector<TaskItem>& items, const std::string& name,
                                   std::atomic<std::uint64_t>& progress);

}  // namespace gca
