#include "sim/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "behavioral/error.h"

namespace gca {

namespace {

class TextCheck {
 public:
    TextCheck(std::string_view text, std::string_view file) : text_{text}, file_{file} {}

    void run() {
        constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
        position_ = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
        while (position_ < text_.size()) {
            const char c = text_[position_];
            if (c == '"' || c == '\'') {
                skip_string();
            } else if (c == '#') {
                position_ = std::min(text_.find('\n', position_), text_.size());
            } else {
                check_ascii(c);
                count(c);
                ++position_;
            }
        }
    }

 private:
    static bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

    [[noreturn]] void refuse(std::string_view what) const {
        const auto lines = std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(position_), '\n');
        throw InputError{fmt::format("{}:{}: {}", file_, lines + 1, what)};
    }

    void check_ascii(char c) const {
        if (!is_ascii(c)) {
            refuse("not TOML: a character is not ASCII: only a comment may hold others");
        }
    }

    void skip_string() {
        const char quote = text_[position_];
        const std::string_view triple = quote == '"' ? R"(""")" : "'''";
        const bool is_multi_line = text_.substr(position_).starts_with(triple);
        const std::string_view closing = is_multi_line ? triple : triple.substr(0, 1);
        position_ += closing.size();
        while (position_ < text_.size() && !text_.substr(position_).starts_with(closing)) {
            const char c = text_[position_];
            if (c == '\n' && !is_multi_line) {
                return;
            }
            check_ascii(c);
            position_ += c == '\\' && quote == '"' ? 2 : 1;
        }
        position_ = std::min(position_ + closing.size(), text_.size());
        for (int extra = 0; is_multi_line && extra < 2 && text_.substr(position_).starts_with(quote); ++extra) {
            ++position_;
        }
    }

    /// Limits the depth of keys (dots since the key's begin) and of values, and the number of both.
    void count(char c) {
        constexpr std::size_t kMaxDepth = 16;
        constexpr std::size_t kMaxEntries = 1024;
        const bool is_opening = c == '[' || c == '{';
        if (is_opening) {
            ++brackets_;
        } else if ((c == ']' || c == '}') && brackets_ > 0) {
            --brackets_;
        }
        if (is_opening || c == '\n' || c == ',' || c == '=') {
            dots_ = 0;
        } else if (c == '.') {
            ++dots_;
        }
        if (is_opening || c == '=') {
            ++entries_;
        }
        if (dots_ > kMaxDepth || brackets_ > kMaxDepth) {
            refuse(fmt::format("a key or a value is more than {0} deep: it must be at most {0} deep", kMaxDepth));
        }
        if (entries_ > kMaxEntries) {
            refuse(fmt::format("more than {0} keys, tables and arrays: there must be at most {0}", kMaxEntries));
        }
    }

    std::string_view text_;
    std::string_view file_;
    std::size_t position_ = 0;
    std::size_t dots_ = 0;
    std::size_t brackets_ = 0;
    std::size_t entries_ = 0;
};

}  // namespace

void check_toml_text(std::string_view text, std::string_view file) {
    TextCheck{text, file}.run();
}

}  // namespace gca
