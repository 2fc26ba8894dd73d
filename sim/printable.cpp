#include "sim/printable.h"

#include <fmt/format.h>

namespace gca {

std::string printable(std::string_view text, std::size_t max_bytes) {
    constexpr auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    const bool is_long = text.size() > max_bytes;
    if (is_long) {
        std::size_t end = max_bytes;
        while (end > 0 && is_continuation(text[end])) {
            --end;
        }
        text = text.substr(0, end);
    }
    std::string shown;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            shown += c == '\n' ? "\\n" : fmt::format("\\x{:02x}", byte);
        } else {
            shown += c;
        }
    }
    return is_long ? shown + "..." : shown;
}

std::string quoted_for_shell(std::string_view word) {
    constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,:=@%+";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
        return std::string(word);
    }
    std::string quoted = "'";
    for (const char c : word) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

}  // namespace gca
