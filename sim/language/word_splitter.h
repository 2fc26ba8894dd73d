// GPT-2's first step of encoding: a text is cut into words, which no token crosses. Regular expression by PCRE2, with
// Unicode's categories.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

// PCRE2's types, whose header wants a macro before it
struct pcre2_real_code_8;        // NOLINT(readability-identifier-naming)
struct pcre2_real_match_data_8;  // NOLINT(readability-identifier-naming)

namespace gca {

class WordSplitter {
 public:
    WordSplitter();

    /// Calls `word` for each word of `text` (UTF-8) in order; together they are the text. Throws InputError, with
    /// `name` and the place, for a text that is no UTF-8.
    void split(std::string_view text, std::string_view name, const std::function<void(std::string_view)>& word) const;

 private:
    struct Release {
        void operator()(pcre2_real_code_8* code) const;
        void operator()(pcre2_real_match_data_8* match) const;
    };
    std::unique_ptr<pcre2_real_code_8, Release> pattern_;
};

}  // namespace gca
