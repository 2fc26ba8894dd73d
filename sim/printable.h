// Text from outside (names of files, keys, what a library says) made fit for one line of a message.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace gca {

/// Control characters escaped; beyond `max_bytes` cut, between two UTF-8 characters, and "..." put there.
[[nodiscard]] std::string printable(std::string_view text,
                                    std::size_t max_bytes = std::numeric_limits<std::size_t>::max());

/// A file's name as one word of a shell's command line.
[[nodiscard]] std::string quoted_for_shell(std::string_view word);

}  // namespace gca
