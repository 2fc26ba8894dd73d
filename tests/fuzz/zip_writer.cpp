#include "tests/fuzz/zip_writer.h"

#include <zlib.h>

#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace gca::fuzz {

namespace {

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): zlib's name of a byte

std::uint32_t crc(std::string_view bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Deflate without zlib's header, as in a zip archive.
std::string deflated(std::string content) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2 failed");
    }
    std::string result(deflateBound(&stream, content.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(content.data());
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.data());
    stream.avail_out = static_cast<uInt>(result.size());
    deflate(&stream, Z_FINISH);
    result.resize(stream.total_out);
    deflateEnd(&stream);
    return result;
}

// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)

std::string little_endian(std::size_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i, value >>= 8U) {
        text += static_cast<char>(value & 0xFFU);
    }
    return text;
}

}  // namespace

std::string zip_archive(const std::vector<ZipMember>& members) {
    std::string file;
    std::string directory;
    for (const ZipMember& member : members) {
        const std::string data = member.deflated ? deflated(member.content) : member.content;
        // What the local header and the directory have in common: version, flags, method, date, CRC, sizes, lengths.
        std::string common = little_endian(20, 2);
        common += little_endian(member.encrypted ? 1 : 0, 2);
        common += little_endian(member.deflated ? 8 : 0, 2);
        common += little_endian(0x00210000, 4);
        common += little_endian(crc(member.content) ^ (member.wrong_crc ? 1U : 0U), 4);
        common += little_endian(data.size(), 4);
        common += little_endian(member.declared_size.value_or(static_cast<std::uint32_t>(member.content.size())), 4);
        common += little_endian(member.name.size(), 2);
        common += little_endian(0, 2);

        directory += "PK\x01\x02";
        directory += little_endian(20, 2);
        directory += common;
        directory += little_endian(0, 10);
        directory += little_endian(file.size(), 4);
        directory += member.name;

        file += "PK\x03\x04";
        file += common;
        file += member.name;
        file += data;
    }
    const std::string end = std::string("PK\x05\x06") + little_endian(0, 4) + little_endian(members.size(), 2) +
                            little_endian(members.size(), 2) + little_endian(directory.size(), 4) +
                            little_endian(file.size(), 4) + little_endian(0, 2);
    return file + directory + end;
}

}  // namespace gca::fuzz
