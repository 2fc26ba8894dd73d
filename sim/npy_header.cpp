#include "sim/npy_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <system_error>

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

constexpr std::size_t kMaxHeaderBytes = 65536;  // numpy reads 10000 by default; a plain dtype needs some 100
constexpr std::size_t kHeaderAlignment = 64;
constexpr std::size_t kMaxQuotedBytes = 80;

const DType& dtype_of(NpyType type) {
    return *std::find_if(kDTypes.begin(), kDTypes.end(), [type](const DType& dtype) { return dtype.type == type; });
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

class HeaderParser {
 public:
    HeaderParser(std::string_view text, const ZipMemberStream& member) : text_(text), member_(member) {}

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
                fail("entry " + npy_quoted(name) + " is unknown or there twice");
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
            if (shape.size() == kMaxNpyRank) {
                fail("more than " + std::to_string(kMaxNpyRank) + " dimensions");
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
    const ZipMemberStream& member_;
    std::size_t position_ = 0;
};

std::string python_tuple(std::span<const std::size_t> shape) {
    std::string text = "(";
    for (std::size_t d = 0; d < shape.size(); ++d) {
        text += (d == 0 ? "" : ", ") + std::to_string(shape[d]);
    }
    return text + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace

std::string npy_quoted(std::string_view text) {
    return "'" + printable(text, kMaxQuotedBytes) + "'";
}

std::string_view npy_type_name(NpyType type) {
    return dtype_of(type).name;
}

NpyLayout parse_npy_dtype(const std::string& descr, Accept accept, const ZipMemberStream& member) {
    const bool has_order = !descr.empty() && std::string_view("<>=|").find(descr[0]) != std::string_view::npos;
    const std::string_view code = std::string_view(descr).substr(has_order ? 1 : 0);
    const char order = has_order ? descr[0] : '=';
    const auto* const found = std::find_if(kDTypes.begin(), kDTypes.end(), [code, accept](const DType& dtype) {
        return dtype.code == code && accepts(accept, dtype);
    });
    if (found == kDTypes.end()) {
        member.fail("dtype " + npy_quoted(descr) + " is not accepted; accepted are " + accepted_dtypes(accept));
    }
    constexpr char kForeign = std::endian::native == std::endian::little ? '>' : '<';
    return {found->type, found->bytes, order == kForeign};
}

std::size_t count_npy_values(std::span<const std::size_t> shape, std::size_t item_bytes,
                             const ZipMemberStream& member) {
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

NpyHeader read_npy_header(ZipMemberStream& member, std::uint64_t& declared_bytes) {
    std::array<std::byte, 8> start{};
    if (declared_bytes < start.size()) {
        member.fail("is no .npy array: " + std::to_string(declared_bytes) + " bytes only");
    }
    member.read_exactly(start);
    if (std::memcmp(start.data(), kNpyMagic.data(), kNpyMagic.size()) != 0) {
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

std::string make_npy_header(NpyType type, std::span<const std::size_t> shape) {
    constexpr char kOrder = std::endian::native == std::endian::little ? '<' : '>';
    std::string dict = std::string("{'descr': '") + kOrder;
    dict += dtype_of(type).code;
    dict += "', 'fortran_order': False, 'shape': " + python_tuple(shape) + ", }";
    const std::size_t prefix_bytes = kNpyMagic.size() + 4;
    const std::size_t unpadded = prefix_bytes + dict.size() + 1;
    dict.append((kHeaderAlignment - unpadded % kHeaderAlignment) % kHeaderAlignment, ' ');
    dict += '\n';
    std::string header(kNpyMagic);
    header += '\x01';
    header += '\x00';
    header += static_cast<char>(dict.size() % 256);
    header += static_cast<char>(dict.size() / 256);
    return header + dict;
}

}  // namespace gca
