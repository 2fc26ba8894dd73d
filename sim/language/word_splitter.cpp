#include "sim/language/word_splitter.h"

#define PCRE2_CODE_UNIT_WIDTH 8  // NOLINT(cppcoreguidelines-macro-usage): the header asks for it
#include <fmt/format.h>
#include <pcre2.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "behavioral/error.h"
#include "sim/printable.h"

namespace gca {

namespace {

// GPT-2's pattern, with \s spelled out as Unicode's White_Space: PCRE2's \s has U+180E too.
constexpr std::string_view kSpace =
    R"(\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

std::string pattern_text() {
    return fmt::format(
        R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{{L}}+| ?\p{{N}}+| ?[^{0}\p{{L}}\p{{N}}]+|[{0}]+(?![^{0}])|[{0}]+)", kSpace);
}

PCRE2_SPTR units(std::string_view text) {
    return static_cast<PCRE2_SPTR>(static_cast<const void*>(text.data()));
}

}  // namespace

void WordSplitter::Release::operator()(pcre2_code* code) const {
    pcre2_code_free(code);
}

void WordSplitter::Release::operator()(pcre2_match_data* match) const {
    pcre2_match_data_free(match);
}

WordSplitter::WordSplitter() {
    const std::string text = pattern_text();
    int error = 0;
    std::size_t place = 0;
    pattern_.reset(pcre2_compile(units(text), text.size(), PCRE2_UTF, &error, &place, nullptr));
    if (pattern_ == nullptr) {
        throw std::logic_error(fmt::format("word splitter: PCRE2 refuses the pattern at {}: error {}", place, error));
    }
    pcre2_jit_compile(pattern_.get(), PCRE2_JIT_COMPLETE);  // where there is no JIT, the interpreter gives the same
}

void WordSplitter::split(std::string_view text, std::string_view name,
                         const std::function<void(std::string_view)>& word) const {
    const std::unique_ptr<pcre2_match_data, Release> match(
        pcre2_match_data_create_from_pattern(pattern_.get(), nullptr));
    std::size_t place = 0;
    std::uint32_t options = 0;  // the first match checks that the text is UTF-8
    while (place < text.size()) {
        const int found = pcre2_match(pattern_.get(), units(text), text.size(), place, options, match.get(), nullptr);
        if (found <= PCRE2_ERROR_UTF8_ERR1 && found >= PCRE2_ERROR_UTF8_ERR21) {
            throw InputError(fmt::format("{}: byte {} begins no UTF-8 character: byte-pair encoding needs UTF-8",
                                         printable(name), pcre2_get_startchar(match.get())));
        }
        if (found < 0) {
            throw std::runtime_error(
                fmt::format("{}: byte {}: PCRE2 gives up with error {}", printable(name), place, found));
        }
        const std::size_t* range = pcre2_get_ovector_pointer(match.get());
        if (range[0] != place || range[1] <= place) {
            throw std::logic_error(fmt::format("word splitter: byte {} belongs to no word", place));
        }
        word(text.substr(place, range[1] - place));
        place = range[1];
        options = PCRE2_NO_UTF_CHECK;
    }
}

}  // namespace gca
