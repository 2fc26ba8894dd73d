#include "sim/npy_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace gca {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;  // a multiple of every item size

template <typename T>
void append(std::span<const std::byte> bytes, bool swapped, std::vector<double>& values) {
    for (std::size_t offset = 0; offset + sizeof(T) <= bytes.size(); offset += sizeof(T)) {
        std::array<std::byte, sizeof(T)> raw{};
        std::memcpy(raw.data(), bytes.subspan(offset).data(), sizeof(T));
        if (swapped) {
            std::reverse(raw.begin(), raw.end());
        }
        values.push_back(static_cast<double>(std::bit_cast<T>(raw)));
    }
}

void append(NpyType type, std::span<const std::byte> bytes, bool swapped, std::vector<double>& values) {
    switch (type) {
        case NpyType::float32:
            return append<float>(bytes, swapped, values);
        case NpyType::float64:
            return append<double>(bytes, swapped, values);
        case NpyType::int8:
            return append<std::int8_t>(bytes, swapped, values);
        case NpyType::int16:
            return append<std::int16_t>(bytes, swapped, values);
        case NpyType::int32:
            return append<std::int32_t>(bytes, swapped, values);
        case NpyType::uint8:
            return append<std::uint8_t>(bytes, swapped, values);
        case NpyType::uint16:
            return append<std::uint16_t>(bytes, swapped, values);
        case NpyType::uint32:
            return append<std::uint32_t>(bytes, swapped, values);
    }
}

}  // namespace

std::vector<double> read_npy_values(ZipMemberStream& member, const NpyLayout& layout, std::size_t count,
                                    std::uintmax_t file_bytes) {
    const std::size_t chunk_values = kChunkBytes / layout.bytes;
    std::vector<std::byte> chunk(std::min(count, chunk_values) * layout.bytes);
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(std::min<std::uintmax_t>(count, file_bytes / layout.bytes)));
    while (values.size() < count) {
        const std::size_t step = std::min(count - values.size(), chunk_values);
        const std::span<std::byte> bytes = std::span(chunk).first(step * layout.bytes);
        member.read_exactly(bytes);
        if (values.capacity() - values.size() < step) {
            values.reserve(std::min(count, std::max(4 * values.capacity(), values.size() + step)));
        }
        append(layout.type, bytes, layout.swapped, values);
    }
    return values;
}

std::vector<double> to_c_order(const std::vector<double>& fortran, std::span<const std::size_t> shape) {
    const std::size_t rank = shape.size();
    std::vector<std::size_t> strides(rank, 1);
    for (std::size_t d = 1; d < rank; ++d) {
        strides[d] = strides[d - 1] * shape[d - 1];
    }
    std::vector<std::size_t> index(rank, 0);
    std::vector<double> result;
    result.reserve(fortran.size());
    std::size_t offset = 0;
    while (result.size() < fortran.size()) {
        result.push_back(fortran[offset]);
        for (std::size_t d = rank; d-- > 0;) {
            offset += strides[d];
            if (++index[d] < shape[d]) {
                break;
            }
            offset -= strides[d] * shape[d];
            index[d] = 0;
        }
    }
    return result;
}

}  // namespace gca
