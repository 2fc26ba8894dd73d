// Writes zip archives whose headers may lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gca::fuzz {

struct ZipMember {
    std::string name;
    std::string content;
    bool deflated = false;
    bool encrypted = false;  ///< says its header; it is not
    bool wrong_crc = false;
    std::optional<std::uint32_t> declared_size{};  ///< in place of the content's
};

[[nodiscard]] std::string zip_archive(const std::vector<ZipMember>& members);

}  // namespace gca::fuzz
