#include "sim/npz.h"

#include <fcntl.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <new>
#include <system_error>
#include <type_traits>
#include <utility>

#include "behavioral/error.h"
#include "sim/output_file.h"
#include "sim/printable.h"

namespace gca {
namespace {

struct DType {
    NpyType type;
    std::string_view code;  // in the header, after the byte order
    std::string_view name;
    std::size_t bytes;
};

constexpr std::array kDTypes{
    DType{NpyType::float32, "f4", "float32", 4}, DType{NpyType::float64, "f8", "float64", 8},
    DType{NpyType::int8, "i1", "int8", 1},       DType{NpyType::int16, "i2", "int16", 2},
    DType{NpyType::int32, "i4", "int32", 4},     DType{NpyType::uint8, "u1", "uint8", 1},
    DType{NpyType::uint16, "u2", "uint16", 2},   DType{NpyType::uint32, "u4", "uint32", 4},
};

constexpr std::string_view kSuffix = ".npy";
constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 32;            // numpy 1's limit
constexpr std::size_t kMaxHeaderBytes = 65536;  // numpy reads 10000 by default; a plain dtype needs some 100
constexpr std::size_t kHeaderAlignment = 64;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;  // a multiple of every item size
constexpr std::size_t kMaxQuotedBytes = 80;
constexpr std::size_t kMaxListedKeys = 12;
constexpr std::uint16_t kDosDate = (1U << 5U) | 1U;  // 1 January 1980, the date that numpy writes

const DType& dtype_of(NpyType type) {
    return *std::find_if(kDTypes.begin(), kDTypes.end(), [type](const DType& dtype) { return dtype.type == type; });
}

// ---- messages: always one line, whatever a file has in its names ----

std::string in_quotes(std::string_view text) {
    return "'" + printable(text, kMaxQuotedBytes) + "'";
}

std::string printable(const std::filesystem::path& path) {
    return gca::printable(path.string());
}

bool accepts(Accept accept, const DType& dtype) {
    return accept == Accept::any || is_floating(dtype.type);
}

std::string accepted_dtypes(Accept accept) {
    std::string list;
    for (const DType& dtype : kDTypes) {
        if (!accepts(accept, dtype)) {
            continue;
        }
        list += list.empty() ? "" : ", ";
        list += dtype.name;
    }
    return list;
}

// Refuses whatever is no regular file: opening a FIFO would hang, and renaming over a device would remove it.
void require_regular_file(const std::filesystem::path& path, const std::filesystem::file_status& status) {
    if (std::filesystem::is_directory(status)) {
        throw InputError(printable(path) + ": is a directory; an .npz file is needed");
    }
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw InputError(printable(path) + ": is not a regular file; an .npz file is needed");
    }
}

// ---- libzip's handles ----

struct CloseMember {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};
struct DiscardArchive {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct FreeSource {
    void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using MemberHandle = std::unique_ptr<zip_file_t, CloseMember>;
using SourceHandle = std::unique_ptr<zip_source_t, FreeSource>;

class ZipError {
 public:
    ZipError() { zip_error_init(&error_); }
    ~ZipError() { zip_error_fini(&error_); }
    ZipError(const ZipError&) = delete;
    ZipError& operator=(const ZipError&) = delete;
    ZipError(ZipError&&) = delete;
    ZipError& operator=(ZipError&&) = delete;

    zip_error_t* get() { return &error_; }
    std::string text() { return zip_error_strerror(&error_); }

 private:
    zip_error_t error_{};
};

// Returns null, with the reason in `error`, when that fails.
zip_t* open_archive(const std::filesystem::path& path, int flags, ZipError& error) {
    SourceHandle source(zip_source_file_create(path.c_str(), 0, -1, error.get()));
    if (source == nullptr) {
        return nullptr;
    }
    zip_t* archive = zip_open_from_source(source.get(), flags, error.get());
    if (archive != nullptr) {
        static_cast<void>(source.release());  // the archive owns it now
    }
    return archive;
}

bool is_bare_npy(const std::filesystem::path& path) {
    std::array<char, kMagic.size()> start{};
    std::ifstream file(path, std::ios::binary);
    file.read(start.data(), start.size());
    return file.gcount() == static_cast<std::streamsize>(start.size()) &&
           std::string_view(start.data(), start.size()) == kMagic;
}

// The uncompressed bytes of one member, from its start to its end.
class MemberStream {
 public:
    MemberStream(MemberHandle file, std::string where) : file_(std::move(file)), where_(std::move(where)) {}

    // Fills `target`; fewer bytes only at the end of the member. libzip checks size and CRC when it meets the end.
    std::size_t read(std::span<std::byte> target) {
        std::size_t done = 0;
        while (done < target.size()) {
            const zip_int64_t count = zip_fread(file_.get(), target.subspan(done).data(), target.size() - done);
            if (count < 0) {
                fail(std::string("cannot read: ") + zip_file_strerror(file_.get()));
            }
            if (count == 0) {
                break;
            }
            done += static_cast<std::size_t>(count);
        }
        offset_ += done;
        return done;
    }

    void read_exactly(std::span<std::byte> target) {
        const std::uint64_t wanted = offset_ + target.size();
        if (read(target) != target.size()) {
            fail("ends after " + std::to_string(offset_) + " bytes, at least " + std::to_string(wanted) +
                 " are needed");
        }
    }

    // Reads on to the end, so that libzip compares the CRC.
    void require_end() {
        std::array<std::byte, 1> extra{};
        if (read(extra) != 0) {
            fail("has more bytes than the " + std::to_string(offset_ - 1) + " that the zip directory declares");
        }
    }

    [[noreturn]] void fail(const std::string& problem) const { throw InputError(where_ + ": " + problem); }

 private:
    MemberHandle file_;
    std::string where_;  // file and key
    std::uint64_t offset_ = 0;
};

// ---- the .npy header: a Python dict such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } ----

struct NpyHeader {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::size_t> shape;
};

class HeaderParser {
 public:
    HeaderParser(std::string_view text, const MemberStream& member) : text_(text), member_(member) {}

    NpyHeader parse() {
        NpyHeader header;
        bool has_descr = false;
        bool has_order = false;
        bool has_shape = false;
        expect('{');
        while (!take('}')) {
            const std::string_view name = parse_string();
            expect(':');
            if (name == "descr" && !has_descr) {
                header.descr = parse_descr();
                has_descr = true;
            } else if (name == "fortran_order" && !has_order) {
                header.fortran_order = parse_bool();
                has_order = true;
            } else if (name == "shape" && !has_shape) {
                header.shape = parse_shape();
                has_shape = true;
            } else {
                fail("entry " + in_quotes(name) + " is unknown or there twice");
            }
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        skip_space();
        if (position_ != text_.size()) {
            fail("text after the closing brace");
        }
        if (!has_descr || !has_order || !has_shape) {
            fail("descr, fortran_order and shape are needed");
        }
        return header;
    }

 private:
    [[noreturn]] void fail(const std::string& problem) const {
        member_.fail("bad .npy header: " + problem + " (at character " + std::to_string(position_) + " of " +
                     std::to_string(text_.size()) + ")");
    }

    void skip_space() { position_ = std::min(text_.find_first_not_of(" \t\r\n", position_), text_.size()); }

    // The next character after spaces; NUL at the end, which no rule of the grammar accepts.
    char peek() {
        skip_space();
        return position_ < text_.size() ? text_[position_] : '\0';
    }

    bool take(char wanted) {
        if (peek() != wanted) {
            return false;
        }
        ++position_;
        return true;
    }

    void expect(char wanted) {
        if (!take(wanted)) {
            fail(std::string("'") + wanted + "' expected");
        }
    }

    bool take_word(std::string_view word) {
        skip_space();
        if (text_.substr(position_, word.size()) != word) {
            return false;
        }
        position_ += word.size();
        return true;
    }

    std::string_view parse_string() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') {
            fail("a string expected");
        }
        const std::size_t begin = position_ + 1;
        const std::size_t end = text_.find(quote, begin);
        const std::string_view content = text_.substr(begin, end - begin);
        if (end == std::string_view::npos || content.find('\\') != std::string_view::npos) {
            fail("a plain string expected");
        }
        position_ = end + 1;
        return content;
    }

    // A string, or the source text of whatever else is there (a list for a structured dtype), to show it to the user.
    std::string parse_descr() {
        const char first = peek();
        if (first == '\'' || first == '"') {
            return std::string(parse_string());
        }
        const std::size_t begin = position_;
        std::size_t depth = 0;
        while (position_ < text_.size()) {
            const char c = text_[position_];
            if (c == '\'' || c == '"') {
                parse_string();
                continue;
            }
            if (depth == 0 && (c == ',' || c == '}')) {
                break;
            }
            if (c == '[' || c == '(' || c == '{') {
                ++depth;
            } else if (c == ']' || c == ')' || c == '}') {
                if (depth == 0) {
                    fail("bracket without a partner");
                }
                --depth;
            }
            ++position_;
        }
        return std::string(text_.substr(begin, position_ - begin));
    }

    bool parse_bool() {
        if (take_word("True")) {
            return true;
        }
        if (!take_word("False")) {
            fail("True or False expected");
        }
        return false;
    }

    std::size_t parse_dimension() {
        if (peek() == '-') {
            fail("negative dimension in the shape");
        }
        std::uint64_t value = 0;
        const std::string_view rest = text_.substr(position_);
        const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (problem == std::errc::result_out_of_range || value > std::numeric_limits<std::size_t>::max() / 2) {
            fail("dimension beyond 63 bits in the shape");
        }
        if (problem != std::errc()) {
            fail("a whole number expected in the shape");
        }
        position_ += static_cast<std::size_t>(end - rest.data());
        take_word("L");  // Python 2 wrote long integers so
        return static_cast<std::size_t>(value);
    }

    // A tuple: (), (3,), (3, 4) or (3, 4,), but not (3).
    std::vector<std::size_t> parse_shape() {
        std::vector<std::size_t> shape;
        expect('(');
        while (!take(')')) {
            if (shape.size() == kMaxRank) {
                fail("more than " + std::to_string(kMaxRank) + " dimensions");
            }
            shape.push_back(parse_dimension());
            if (!take(',')) {
                expect(')');
                if (shape.size() == 1) {
                    fail("the shape is a number, a tuple is needed");
                }
                break;
            }
        }
        return shape;
    }

    std::string_view text_;
    const MemberStream& member_;
    std::size_t position_ = 0;
};

struct ByteLayout {
    DType dtype;
    bool swapped = false;  // byte order is not this machine's
};

ByteLayout parse_dtype(const std::string& descr, Accept accept, const MemberStream& member) {
    const bool has_order = !descr.empty() && std::string_view("<>=|").find(descr[0]) != std::string_view::npos;
    const std::string_view code = std::string_view(descr).substr(has_order ? 1 : 0);
    const char order = has_order ? descr[0] : '=';
    const auto* const found = std::find_if(kDTypes.begin(), kDTypes.end(), [code, accept](const DType& dtype) {
        return dtype.code == code && accepts(accept, dtype);
    });
    if (found == kDTypes.end()) {
        member.fail("dtype " + in_quotes(descr) + " is not accepted; accepted are " + accepted_dtypes(accept));
    }
    constexpr char kForeign = std::endian::native == std::endian::little ? '>' : '<';
    return {*found, order == kForeign};
}

// Number of values. A shape is refused when the product of its non-zero dimensions overflows, as numpy does.
std::size_t count_values(std::span<const std::size_t> shape, std::size_t item_bytes, const MemberStream& member) {
    std::size_t product = 1;
    bool empty = false;
    const std::size_t limit = std::numeric_limits<std::size_t>::max() / 2 / item_bytes;
    for (const std::size_t extent : shape) {
        empty = empty || extent == 0;
        const std::size_t factor = std::max(extent, std::size_t{1});
        if (product > limit / factor) {
            member.fail("shape " + format_index(shape) + " has more bytes than 63 bits can count");
        }
        product *= factor;
    }
    return empty ? 0 : product;
}

// Reads magic, version and header text. `declared_bytes` is the size of the whole member in the zip directory;
// afterwards it is what remains for the values.
NpyHeader read_header(MemberStream& member, std::uint64_t& declared_bytes) {
    std::array<std::byte, 8> start{};
    if (declared_bytes < start.size()) {
        member.fail("is no .npy array: " + std::to_string(declared_bytes) + " bytes only");
    }
    member.read_exactly(start);
    if (std::memcmp(start.data(), kMagic.data(), kMagic.size()) != 0) {
        member.fail("is no .npy array: the magic bytes are wrong");
    }
    const auto major = std::to_integer<unsigned>(start[6]);
    const auto minor = std::to_integer<unsigned>(start[7]);
    if (major < 1 || major > 3 || minor != 0) {
        member.fail("has .npy version " + std::to_string(major) + "." + std::to_string(minor) +
                    "; accepted are 1.0, 2.0 and 3.0");
    }
    std::array<std::byte, 4> length_field{};
    const std::size_t length_bytes = major == 1 ? 2 : 4;
    member.read_exactly(std::span(length_field).first(length_bytes));
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) {
        length |= std::to_integer<std::size_t>(length_field.at(i)) << (8 * i);
    }
    const std::size_t prefix_bytes = start.size() + length_bytes;
    if (declared_bytes < prefix_bytes || length > declared_bytes - prefix_bytes) {
        member.fail("bad .npy header: its length is " + std::to_string(length) + " bytes, the member has " +
                    std::to_string(declared_bytes));
    }
    if (length > kMaxHeaderBytes) {
        member.fail("bad .npy header: its length is " + std::to_string(length) + " bytes, the limit is " +
                    std::to_string(kMaxHeaderBytes));
    }
    std::string text(length, '\0');
    member.read_exactly(std::as_writable_bytes(std::span(text)));
    declared_bytes -= prefix_bytes + length;
    return HeaderParser(text, member).parse();
}

// ---- values ----

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

// Reads `count` values. What is set aside at first is bounded by the size of the file, `file_bytes`; the rest grows
// with the bytes that come, as a header can promise anything.
std::vector<double> read_values(MemberStream& member, const ByteLayout& layout, std::size_t count,
                                std::uintmax_t file_bytes) {
    const std::size_t chunk_values = kChunkBytes / layout.dtype.bytes;
    std::vector<std::byte> chunk(std::min(count, chunk_values) * layout.dtype.bytes);
    std::vector<double> values;
    values.reserve(static_cast<std::size_t>(std::min<std::uintmax_t>(count, file_bytes / layout.dtype.bytes)));
    while (values.size() < count) {
        const std::size_t step = std::min(count - values.size(), chunk_values);
        const std::span<std::byte> bytes = std::span(chunk).first(step * layout.dtype.bytes);
        member.read_exactly(bytes);
        if (values.capacity() - values.size() < step) {
            values.reserve(std::min(count, std::max(4 * values.capacity(), values.size() + step)));
        }
        append(layout.dtype.type, bytes, layout.swapped, values);
    }
    return values;
}

// From Fortran order (first index fastest) to C order (last index fastest). No dimension is zero.
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

// ---- writing ----

std::string python_tuple(std::span<const std::size_t> shape) {
    std::string text = "(";
    for (std::size_t d = 0; d < shape.size(); ++d) {
        text += (d == 0 ? "" : ", ") + std::to_string(shape[d]);
    }
    return text + (shape.size() == 1 ? ",)" : ")");
}

// Version 1.0, padded so that the values start at a multiple of 64 bytes.
std::string make_header(NpyType type, std::span<const std::size_t> shape) {
    constexpr char kOrder = std::endian::native == std::endian::little ? '<' : '>';
    std::string dict = std::string("{'descr': '") + kOrder;
    dict += dtype_of(type).code;
    dict += "', 'fortran_order': False, 'shape': " + python_tuple(shape) + ", }";
    const std::size_t prefix_bytes = kMagic.size() + 4;
    const std::size_t unpadded = prefix_bytes + dict.size() + 1;
    dict.append((kHeaderAlignment - unpadded % kHeaderAlignment) % kHeaderAlignment, ' ');
    dict += '\n';
    std::string header(kMagic);
    header += '\x01';
    header += '\x00';
    header += static_cast<char>(dict.size() % 256);
    header += static_cast<char>(dict.size() / 256);
    return header + dict;
}

// libzip only reads from a source that is added, but its type is not const.
zip_buffer_fragment_t fragment(std::span<const std::byte> bytes) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast, cppcoreguidelines-pro-type-reinterpret-cast)
    return {reinterpret_cast<zip_uint8_t*>(const_cast<std::byte*>(bytes.data())), bytes.size()};
}

}  // namespace

std::string_view npy_type_name(NpyType type) {
    return dtype_of(type).name;
}

std::optional<std::vector<std::size_t>> first_non_finite(const NpzArray& array) {
    const auto found =
        std::find_if(array.values.begin(), array.values.end(), [](double value) { return !std::isfinite(value); });
    if (found == array.values.end()) {
        return std::nullopt;
    }
    auto rest = static_cast<std::size_t>(found - array.values.begin());
    std::vector<std::size_t> index(array.shape.size());
    for (std::size_t d = index.size(); d-- > 0;) {
        index[d] = rest % array.shape[d];
        rest /= array.shape[d];
    }
    return index;
}

std::string format_index(std::span<const std::size_t> index) {
    std::string text = "[";
    for (std::size_t d = 0; d < index.size(); ++d) {
        text += (d == 0 ? "" : ", ") + std::to_string(index[d]);
    }
    return text + "]";
}

void NpzReader::Discard::operator()(zip* archive) const {
    zip_discard(archive);
}

NpzReader::NpzReader(std::filesystem::path path) : path_(std::move(path)) {
    const std::string name = printable(path_);
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path_, error);
    if (!std::filesystem::exists(status)) {
        const auto missing = std::make_error_code(std::errc::no_such_file_or_directory);
        throw InputError(name + ": cannot read: " + (error ? error : missing).message());
    }
    require_regular_file(path_, status);
    file_bytes_ = std::filesystem::file_size(path_, error);
    if (error) {
        throw InputError(name + ": cannot read: " + error.message());
    }
    if (file_bytes_ == 0) {  // libzip would take it as an archive without members
        throw InputError(name + ": is empty; an .npz file is needed");
    }
    ZipError zip_error;
    archive_.reset(open_archive(path_, ZIP_RDONLY, zip_error));
    if (archive_ == nullptr) {
        if (is_bare_npy(path_)) {
            throw InputError(name + ": is an .npy file; an .npz file is needed (numpy.savez)");
        }
        if (zip_error_system_type(zip_error.get()) == ZIP_ET_SYS) {
            throw InputError(name + ": cannot read: " + zip_error.text());
        }
        // The file is there: "No such file" is what libzip 1.7 says of a zip64 field that is not.
        const bool lacks_field = zip_error_code_zip(zip_error.get()) == ZIP_ER_NOENT;
        throw InputError(
            name + ": is no intact .npz (zip) file: " + (lacks_field ? "Zip archive inconsistent" : zip_error.text()));
    }
    const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
    for (std::uint64_t i = 0; count > 0 && i < static_cast<std::uint64_t>(count); ++i) {
        const char* const member = zip_get_name(archive_.get(), i, 0);
        const std::string_view member_name = member == nullptr ? "" : member;
        if (member_name.size() > kSuffix.size() && member_name.ends_with(kSuffix)) {
            keys_.emplace_back(member_name.substr(0, member_name.size() - kSuffix.size()));
            members_.push_back(i);
        }
    }
}

bool NpzReader::contains(std::string_view key) const {
    return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

NpzArray NpzReader::load(std::string_view key, std::size_t max_values, Accept accept) {
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    if (found == keys_.end()) {
        std::string list;
        for (std::size_t i = 0; i < std::min(keys_.size(), kMaxListedKeys); ++i) {
            list += (i == 0 ? "" : ", ") + in_quotes(keys_[i]);
        }
        if (keys_.size() > kMaxListedKeys) {
            list += " and " + std::to_string(keys_.size() - kMaxListedKeys) + " more";
        }
        throw InputError(printable(path_) + ": no array " + in_quotes(key) + "; there is " +
                         (list.empty() ? "no array at all" : list));
    }
    const std::string where = printable(path_) + ": array " + in_quotes(key);
    if (std::find(std::next(found), keys_.end(), key) != keys_.end()) {
        throw InputError(where + ": is there more than once");
    }
    const std::uint64_t index = members_[static_cast<std::size_t>(found - keys_.begin())];

    zip_stat_t stat{};
    if (zip_stat_index(archive_.get(), index, 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0) {
        throw InputError(where + ": cannot read: " + zip_strerror(archive_.get()));
    }
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE) {
        throw InputError(where + ": is encrypted; only plain members are read");
    }
    MemberHandle file(zip_fopen_index(archive_.get(), index, 0));
    if (file == nullptr) {
        throw InputError(where + ": cannot read: " + zip_strerror(archive_.get()));
    }
    MemberStream member(std::move(file), where);

    std::uint64_t value_bytes = stat.size;
    NpyHeader header = read_header(member, value_bytes);
    const ByteLayout layout = parse_dtype(header.descr, accept, member);
    const std::size_t count = count_values(header.shape, layout.dtype.bytes, member);
    if (count * layout.dtype.bytes != value_bytes) {
        member.fail("shape " + format_index(header.shape) + " of " + std::string(layout.dtype.name) + " needs " +
                    std::to_string(count * layout.dtype.bytes) + " bytes, there are " + std::to_string(value_bytes));
    }
    if (count > max_values) {
        member.fail("shape " + format_index(header.shape) + " has " + std::to_string(count) + " values, the limit is " +
                    std::to_string(max_values));
    }
    try {
        std::vector<double> values = read_values(member, layout, count, file_bytes_);
        member.require_end();
        if (header.fortran_order && count > 0) {
            values = to_c_order(values, header.shape);
        }
        return {layout.dtype.type, std::move(header.shape), std::move(values)};
    } catch (const std::bad_alloc&) {
        member.fail("not enough memory for " + std::to_string(count) + " values");
    }
}

NpzWriter::NpzWriter(const std::filesystem::path& path) : path_(output_target(path)) {}

void NpzWriter::add(std::string key, std::span<const float> values, std::vector<std::size_t> shape) {
    add_member(std::move(key), NpyType::float32, std::as_bytes(values), values.size(), shape);
}

void NpzWriter::add(std::string key, std::span<const std::int16_t> values, std::vector<std::size_t> shape) {
    add_member(std::move(key), NpyType::int16, std::as_bytes(values), values.size(), shape);
}

void NpzWriter::add(std::string key, std::span<const std::int32_t> values, std::vector<std::size_t> shape) {
    add_member(std::move(key), NpyType::int32, std::as_bytes(values), values.size(), shape);
}

void NpzWriter::add_member(std::string key, NpyType type, std::span<const std::byte> bytes, std::size_t count,
                           std::span<const std::size_t> shape) {
    std::size_t product = 1;
    for (const std::size_t extent : shape) {
        product *= extent;
    }
    if (product != count || shape.size() > kMaxRank) {
        throw std::invalid_argument("NpzWriter: array " + in_quotes(key) + " has " + std::to_string(count) +
                                    " values, not the shape " + format_index(shape));
    }
    const bool known = std::any_of(members_.begin(), members_.end(), [&](const Member& m) { return m.key == key; });
    if (key.empty() || known) {
        throw std::invalid_argument("NpzWriter: key " + in_quotes(key) + " is empty or there already");
    }
    members_.push_back({std::move(key), make_header(type, shape), bytes});
}

void NpzWriter::finish() {
    if (finished_ || members_.empty()) {
        throw std::logic_error("NpzWriter: finish is for once, and for at least one array");
    }
    finished_ = true;
    const std::string where = printable(path_) + ": cannot write: ";

    ZipError error;
    std::unique_ptr<zip_t, DiscardArchive> archive(open_archive(path_, ZIP_CREATE | ZIP_TRUNCATE, error));
    if (archive == nullptr) {
        throw InputError(where + error.text());
    }
    for (const Member& member : members_) {
        const std::array fragments{fragment(std::as_bytes(std::span(member.header))), fragment(member.bytes)};
        SourceHandle source(zip_source_buffer_fragment(archive.get(), fragments.data(), fragments.size(), 0));
        if (source == nullptr) {
            throw InputError(where + zip_strerror(archive.get()));
        }
        const std::string name = member.key + std::string(kSuffix);
        const zip_int64_t added = zip_file_add(archive.get(), name.c_str(), source.get(), ZIP_FL_ENC_UTF_8);
        if (added < 0) {
            throw InputError(where + zip_strerror(archive.get()));
        }
        static_cast<void>(source.release());  // the archive owns it now
        const auto index = static_cast<zip_uint64_t>(added);
        if (zip_set_file_compression(archive.get(), index, ZIP_CM_STORE, 0) != 0 ||
            zip_file_set_dostime(archive.get(), index, 0, kDosDate, 0) != 0) {
            throw InputError(where + zip_strerror(archive.get()));
        }
    }
    // Everything is written here, to "PATH.XXXXXX". libzip renames that file at the end and removes it on failure.
    if (zip_close(archive.get()) != 0) {
        throw InputError(where + zip_strerror(archive.get()));
    }
    static_cast<void>(archive.release());  // zip_close freed it
    members_.clear();
}

}  // namespace gca
