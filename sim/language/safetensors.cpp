#include "sim/language/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "behavioral/error.h"
#include "sim/npy_array.h"
#include "sim/printable.h"

namespace gca {

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit

static_assert(std::endian::native == std::endian::little, "the values are little-endian");

std::optional<std::size_t> bytes_of(std::string_view dtype) {
    constexpr std::array<std::pair<std::string_view, std::size_t>, 13> kBytes{{{"F64", 8},
                                                                               {"F32", 4},
                                                                               {"F16", 2},
                                                                               {"BF16", 2},
                                                                               {"I64", 8},
                                                                               {"I32", 4},
                                                                               {"I16", 2},
                                                                               {"I8", 1},
                                                                               {"U64", 8},
                                                                               {"U32", 4},
                                                                               {"U16", 2},
                                                                               {"U8", 1},
                                                                               {"BOOL", 1}}};
    const auto* const found =
        std::find_if(kBytes.begin(), kBytes.end(), [&](const auto& e) { return e.first == dtype; });
    return found == kBytes.end() ? std::nullopt : std::optional(found->second);
}

/// Number of bytes of a tensor; nothing if it is no number of 64 bits.
std::optional<std::uint64_t> product(std::span<const std::size_t> shape, std::uint64_t bytes) {
    for (const std::size_t size : shape) {
        if (size != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / size) {
            return std::nullopt;
        }
        bytes *= size;
    }
    return bytes;
}

float from_half(std::uint16_t bits) {
    constexpr unsigned kExponentBias = 112;  // float32's less float16's
    const std::uint32_t sign = std::uint32_t{bits} >> 15U << 31U;
    const std::uint32_t exponent = bits >> 10U & 31U;
    const std::uint32_t mantissa = bits & 1023U;
    if (exponent == 0) {  // zero, or so small that the mantissa has no leading one
        const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + kExponentBias;
    return std::bit_cast<float>(sign | wide << 23U | mantissa << 13U);
}

float from_bfloat(std::uint16_t bits) {
    return std::bit_cast<float>(std::uint32_t{bits} << 16U);
}

std::vector<float> to_float(std::vector<float> raw, std::size_t count, std::string_view dtype) {
    if (dtype == "F32" || count == 0) {
        return raw;
    }
    std::vector<std::uint16_t> halves(count);
    std::memcpy(halves.data(), raw.data(), count * sizeof(std::uint16_t));
    raw.resize(count);
    std::transform(halves.begin(), halves.end(), raw.begin(), dtype == "F16" ? from_half : from_bfloat);
    return raw;
}

/// None for anything else: the library would turn numbers that do not fit into others.
std::optional<std::vector<std::size_t>> whole_numbers(const nlohmann::json& array) {
    if (!array.is_array() ||
        !std::all_of(array.begin(), array.end(), [](const nlohmann::json& x) { return x.is_number_unsigned(); })) {
        return std::nullopt;
    }
    return array.get<std::vector<std::size_t>>();
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::filesystem::path path) : path_(std::move(path)), in_(path_, std::ios::binary) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path_, error) || !in_) {
        refuse("is no file that can be read");
    }
    read_header();
}

void SafetensorsFile::refuse(const std::string& problem) const {
    throw InputError(fmt::format("{}: {}", printable(path_.string()), problem));
}

void SafetensorsFile::read_header() {
    const std::uint64_t file_bytes = std::filesystem::file_size(path_);
    std::uint64_t length = 0;
    std::array<char, kLengthBytes> bytes{};
    if (!in_.read(bytes.data(), bytes.size())) {
        refuse(fmt::format("has {} bytes: a safetensors file has at least {}", file_bytes, kLengthBytes));
    }
    std::memcpy(&length, bytes.data(), bytes.size());
    if (length > kMaxHeaderBytes || length > file_bytes - kLengthBytes) {
        refuse(fmt::format("its header has {} bytes: at most {}", length,
                           std::min(kMaxHeaderBytes, file_bytes - kLengthBytes)));
    }
    std::string text(length, '\0');
    in_.read(text.data(), static_cast<std::streamsize>(length));
    const std::uint64_t first = kLengthBytes + length;
    const nlohmann::json header = nlohmann::json::parse(text, nullptr, false);
    if (!header.is_object()) {
        refuse("its header is no JSON object");
    }
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            continue;
        }
        try {
            const auto range = whole_numbers(entry.at("data_offsets"));
            const auto shape = whole_numbers(entry.at("shape"));
            if (!range || range->size() != 2 || !shape) {
                refuse(fmt::format("tensor {}: shape and the two data_offsets must be whole numbers below 2^64",
                                   printable(name)));
            }
            const std::uint64_t begin = range->front();
            const std::uint64_t end = range->back();
            if (begin > end || end > file_bytes - first) {
                refuse(fmt::format("tensor {} has bytes {} to {}: the file has {} (cut short?)", printable(name), begin,
                                   end, file_bytes - first));
            }
            Tensor tensor{.dtype = entry.at("dtype").get<std::string>(),
                          .shape = *shape,
                          .begin = first + begin,
                          .end = first + end};
            tensors_.emplace(name, std::move(tensor));
        } catch (const nlohmann::json::exception&) {
            refuse(fmt::format("tensor {}: must have dtype, shape and data_offsets", printable(name)));
        }
    }
    check_layout(first, file_bytes);
}

void SafetensorsFile::check_layout(std::uint64_t first, std::uint64_t file_bytes) const {
    std::vector<std::pair<std::string_view, const Tensor*>> order;
    for (const auto& [name, tensor] : tensors_) {
        const std::optional<std::size_t> bytes = bytes_of(tensor.dtype);
        if (!bytes) {
            refuse(fmt::format("tensor {} has dtype {}: unknown", printable(name), printable(tensor.dtype)));
        }
        if (product(tensor.shape, *bytes) != tensor.end - tensor.begin) {
            refuse(fmt::format("tensor {} has {} bytes: {} of shape {} has another number", printable(name),
                               tensor.end - tensor.begin, tensor.dtype, format_index(tensor.shape)));
        }
        order.emplace_back(name, &tensor);
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
    });
    std::uint64_t next = first;
    for (const auto& [name, tensor] : order) {
        if (tensor->begin != next) {
            refuse(fmt::format("tensor {} begins at byte {}: must be {}, where the one before it ends", printable(name),
                               tensor->begin - first, next - first));
        }
        next = tensor->end;
    }
    if (next != file_bytes) {
        refuse(fmt::format("has {} bytes after the last tensor: must have none", file_bytes - next));
    }
}

std::vector<std::string> SafetensorsFile::names() const {
    std::vector<std::string> names;
    std::transform(tensors_.begin(), tensors_.end(), std::back_inserter(names), [](const auto& e) { return e.first; });
    return names;
}

std::vector<float> SafetensorsFile::load(std::string_view name, std::span<const std::size_t> shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) {
        refuse(fmt::format("tensor {} is missing", printable(name)));
    }
    const Tensor& tensor = found->second;
    if (tensor.dtype != "F32" && tensor.dtype != "F16" && tensor.dtype != "BF16") {
        refuse(fmt::format("tensor {} has dtype {}: must be F32, F16 or BF16", printable(name), tensor.dtype));
    }
    if (!std::equal(tensor.shape.begin(), tensor.shape.end(), shape.begin(), shape.end())) {
        refuse(fmt::format("tensor {} has shape {}: must be {}", printable(name), format_index(tensor.shape),
                           format_index(shape)));
    }
    const std::uint64_t bytes = tensor.end - tensor.begin;
    const std::size_t count = bytes / *bytes_of(tensor.dtype);
    std::vector<float> values((bytes + sizeof(float) - 1) / sizeof(float));
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(tensor.begin));
    const std::span<std::byte> raw = std::as_writable_bytes(std::span(values));
    if (!in_.read(static_cast<char*>(static_cast<void*>(raw.data())), static_cast<std::streamsize>(bytes))) {
        refuse(fmt::format("tensor {}: cannot read its {} bytes", printable(name), bytes));
    }
    values = to_float(std::move(values), count, tensor.dtype);
    const auto bad = std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
    if (bad != values.end()) {
        refuse(fmt::format("tensor {}: value {} is NaN or infinite: must be a finite number", printable(name),
                           std::distance(values.begin(), bad)));
    }
    return values;
}

}  // namespace gca
