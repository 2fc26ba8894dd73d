// The golden files are numpy's own: tests/data/npz/make.py. Malformed files are made here.
#include "sim/npz.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define GCA_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GCA_ADDRESS_SANITIZER
#endif
#endif

namespace gca {
namespace {

namespace fs = std::filesystem;
using Shape = std::vector<std::size_t>;
using namespace std::string_literals;

const fs::path kData = fs::path(GCA_TEST_DATA) / "npz";

// A folder of its own for each test, removed at the end. In memory if possible: thousands of files are rewritten, and
// ext4 flushes each one that is.
class Folder {
 public:
    Folder() {
        const fs::path base = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : fs::temp_directory_path();
        std::string name = (base / "gca_npz_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("mkdtemp failed");
        }
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    Folder(Folder&&) = delete;
    Folder& operator=(Folder&&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }
    [[nodiscard]] std::size_t count_files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
    }

 private:
    fs::path path_;
};

// Root may do everything, so that it has to become somebody else where permissions are tested.
class NotRoot {
 public:
    NotRoot() {
        if (geteuid() == 0 && seteuid(65534) != 0) {
            throw std::runtime_error("seteuid failed");
        }
    }
    ~NotRoot() {
        if (geteuid() != getuid() && seteuid(getuid()) != 0) {
            ADD_FAILURE() << "seteuid failed";
        }
    }
    NotRoot(const NotRoot&) = delete;
    NotRoot& operator=(const NotRoot&) = delete;
    NotRoot(NotRoot&&) = delete;
    NotRoot& operator=(NotRoot&&) = delete;
};

std::string read_bytes(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const fs::path& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << bytes;
    ASSERT_TRUE(file.good());
}

// Little-endian number of `size` bytes, as in zip and .npy.
std::string number(std::uint64_t value, std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) {
        bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);
    }
    return bytes;
}

std::string npy(const std::string& header, const std::string& values, unsigned major = 1, unsigned minor = 0) {
    return "\x93NUMPY"s + number(major, 1) + number(minor, 1) + number(header.size(), major == 1 ? 2 : 4) + header +
           values;
}

std::string npy_header(const std::string& descr, const std::string& shape, const std::string& order = "False") {
    return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

struct Entry {
    std::string name;
    std::string bytes;
};

void write_zip(const fs::path& path, const std::vector<Entry>& entries, std::int32_t method = ZIP_CM_STORE) {
    int error = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    ASSERT_NE(archive, nullptr);
    for (const Entry& entry : entries) {
        zip_source_t* source = zip_source_buffer(archive, entry.bytes.data(), entry.bytes.size(), 0);
        const zip_int64_t index = zip_file_add(archive, entry.name.c_str(), source, 0);
        ASSERT_GE(index, 0);
        ASSERT_EQ(zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0), 0);
    }
    ASSERT_EQ(zip_close(archive), 0);
}

// Where the central directory's first entry is.
std::size_t find_central(const std::string& zip_bytes) {
    return zip_bytes.find("PK\x01\x02");
}

// The message of the InputError that `action` has to throw. It must be one line.
std::string failure(const std::function<void()>& action) {
    try {
        action();
    } catch (const InputError& error) {
        std::string text = error.what();
        EXPECT_FALSE(text.empty());
        EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; })) << text;
        return text;
    }
    ADD_FAILURE() << "no InputError";
    return "";
}

std::string load_failure(const fs::path& path, const std::string& key) {
    return failure([&] {
        NpzReader reader(path);
        (void)reader.load(key);
    });
}

// Message of loading a file whose only member is "q.npy" with these bytes. It starts with file and key.
std::string member_failure(const std::string& bytes, std::int32_t method = ZIP_CM_STORE) {
    const Folder folder;
    const fs::path path = folder / "m.npz";
    write_zip(path, {{"q.npy", bytes}}, method);
    const std::string text = load_failure(path, "q");
    const std::string where = path.string() + ": array 'q': ";
    EXPECT_TRUE(text.starts_with(where)) << text;
    return text.substr(std::min(where.size(), text.size()));
}

std::string header_failure(const std::string& header) {
    return member_failure(npy(header, std::string(24, '\0')));
}

NpzArray load_member(const std::string& bytes) {
    const Folder folder;
    write_zip(folder / "m.npz", {{"q.npy", bytes}});
    return NpzReader(folder / "m.npz").load("q");
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// The values that make.py puts into an array.
std::vector<double> ramp(std::size_t count, double step, double start) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(step * static_cast<double>(i) + start);
    }
    return values;
}

struct Golden {
    std::string key;
    NpzArray array;
};

std::vector<Golden> golden_arrays() {
    return {
        {"f4", {NpyType::float32, {2, 3}, ramp(6, 0.5, -3)}},
        {"f8", {NpyType::float64, {2, 3, 4}, ramp(24, 0.5, -3)}},
        {"f4_big", {NpyType::float32, {2, 3}, ramp(6, 0.5, -3)}},
        {"f8_big", {NpyType::float64, {2, 3, 4}, ramp(24, 0.5, -3)}},
        {"f4_fortran", {NpyType::float32, {2, 3, 4}, ramp(24, 0.5, -3)}},
        {"f8_big_fortran", {NpyType::float64, {3, 2}, ramp(6, 0.5, -3)}},
        {"scalar", {NpyType::float64, {}, {2.5}}},
        {"one", {NpyType::float32, {1}, {-3}}},
        {"empty", {NpyType::float32, {0, 4}, {}}},
        {"empty_fortran", {NpyType::float64, {4, 0, 2}, {}}},
        {"i1", {NpyType::int8, {5}, ramp(5, 1, -3)}},
        {"i2", {NpyType::int16, {2, 4}, ramp(8, 1, -3)}},
        {"i2_big", {NpyType::int16, {2, 4}, ramp(8, 1, -3)}},
        {"i4", {NpyType::int32, {5}, ramp(5, 1, -3)}},
        {"u1", {NpyType::uint8, {5}, ramp(5, 1, 0)}},
        {"u2", {NpyType::uint16, {5}, ramp(5, 1, 0)}},
        {"u4", {NpyType::uint32, {2}, {0, 4294967295.0}}},
        {"schlüssel", {NpyType::float32, {2}, {-3, -2.5}}},
    };
}

void expect_golden(const fs::path& path) {
    NpzReader reader(path);
    EXPECT_EQ(reader.path(), path);
    for (const Golden& golden : golden_arrays()) {
        SCOPED_TRACE(golden.key);
        EXPECT_TRUE(reader.contains(golden.key));
        const NpzArray array = reader.load(golden.key);
        EXPECT_EQ(npy_type_name(array.type), npy_type_name(golden.array.type));
        EXPECT_EQ(array.shape, golden.array.shape);
        EXPECT_EQ(array.values, golden.array.values);
    }
}

// ---- what numpy wrote ----

TEST(Npz, StoredMembersLoadWithEveryLayoutAndDtype) {
    expect_golden(kData / "stored.npz");
}

TEST(Npz, DeflatedMembersLoadWithEveryLayoutAndDtype) {
    expect_golden(kData / "deflated.npz");
}

TEST(Npz, KeysAreTheArraysInTheOrderOfTheFile) {
    const NpzReader reader(kData / "small.npz");
    EXPECT_EQ(reader.keys(), (std::vector<std::string>{"q", "k"}));
    EXPECT_FALSE(reader.contains("v"));
    EXPECT_FALSE(reader.contains("q.npy"));
}

TEST(Npz, FormatVersions1To3LoadAndOtherMembersAreNoKeys) {
    NpzReader reader(kData / "versions.npz");
    EXPECT_EQ(reader.keys(), (std::vector<std::string>{"v1", "v2", "v3"}));
    for (const std::string& key : reader.keys()) {
        EXPECT_EQ(reader.load(key).values, ramp(6, 0.5, -3)) << key;
    }
}

TEST(Npz, AnArrayLoadsTwice) {
    NpzReader reader(kData / "deflated.npz");
    EXPECT_EQ(reader.load("f8"), reader.load("f8"));
}

TEST(Npz, OtherDtypesAreRefusedWithFileKeyDtypeAndWhatIsAccepted) {
    const fs::path path = kData / "stored.npz";
    const std::vector<std::pair<std::string, std::string>> refused{
        {"f2", "'<f2'"},       {"i8", "'<i8'"},      {"bool", "'|b1'"},
        {"complex", "'<c16'"}, {"string", "'<U3'"},  {"bytes", "'|S3'"},
        {"object", "'|O'"},    {"date", "'<M8[D]'"}, {"record", "'[('q', '<f4'), ('k', '<i2', (2,))]'"},
    };
    for (const auto& [key, dtype] : refused) {
        std::string expected = path.string();
        expected.append(": array '").append(key).append("': dtype ").append(dtype);
        expected += " is not accepted; accepted are float32, float64, int8, int16, int32, uint8, uint16, uint32";
        EXPECT_EQ(load_failure(path, key), expected);
    }
}

TEST(Npz, FirstNonFiniteIsFoundInCOrder) {
    NpzReader reader(kData / "stored.npz");
    EXPECT_EQ(first_non_finite(reader.load("spoiled")), (Shape{1, 0, 2}));
    EXPECT_EQ(first_non_finite(reader.load("f8")), std::nullopt);
    EXPECT_EQ(first_non_finite(reader.load("empty")), std::nullopt);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(first_non_finite({NpyType::float64, {}, {nan}}), Shape{});
    EXPECT_EQ(first_non_finite({NpyType::float64, {2, 2}, {0, 0, 0, -infinity}}), (Shape{1, 1}));
}

TEST(Npz, FloatingDtypesAreTold) {
    EXPECT_TRUE(is_floating(NpyType::float32));
    EXPECT_TRUE(is_floating(NpyType::float64));
    EXPECT_FALSE(is_floating(NpyType::int16));
    EXPECT_EQ(npy_type_name(NpyType::int16), "int16");
}

TEST(Npz, IndexIsFormattedForMessages) {
    EXPECT_EQ(format_index(Shape{3, 128, 64}), "[3, 128, 64]");
    EXPECT_EQ(format_index(Shape{}), "[]");
}

// ---- files that are no archive ----

TEST(Npz, MissingFileIsRefused) {
    EXPECT_EQ(failure([] { NpzReader reader("/nowhere/x.npz"); }),
              "/nowhere/x.npz: cannot read: No such file or directory");
}

TEST(Npz, DirectoryIsRefused) {
    const Folder folder;
    EXPECT_EQ(failure([&] { NpzReader reader(folder.path()); }),
              folder.path().string() + ": is a directory; an .npz file is needed");
}

TEST(Npz, FifoIsRefusedAndDoesNotHang) {
    const Folder folder;
    ASSERT_EQ(mkfifo((folder / "f.npz").c_str(), 0600), 0);
    EXPECT_TRUE(contains(failure([&] { NpzReader reader(folder / "f.npz"); }), "is not a regular file"));
    EXPECT_TRUE(contains(failure([&] { NpzWriter writer(folder / "f.npz"); }), "is not a regular file"));
}

TEST(Npz, EmptyTextAndBareNpyFilesAreRefused) {
    const Folder folder;
    const fs::path path = folder / "x.npz";
    write_bytes(path, "");
    EXPECT_EQ(load_failure(path, "q"), path.string() + ": is empty; an .npz file is needed");
    write_bytes(path, "q,k,v\n1,2,3\n");
    EXPECT_TRUE(contains(load_failure(path, "q"), "is no intact .npz (zip) file"));
    write_bytes(path, npy(npy_header("'<f4'", "(1,)"), "abcd"));
    EXPECT_EQ(load_failure(path, "q"), path.string() + ": is an .npy file; an .npz file is needed (numpy.savez)");
}

TEST(Npz, UnreadableFileIsRefusedWithTheReason) {
    const Folder folder;
    fs::permissions(folder.path(), fs::perms::all);
    fs::copy_file(kData / "small.npz", folder / "x.npz");
    fs::permissions(folder / "x.npz", fs::perms::none);
    const NotRoot not_root;
    EXPECT_EQ(load_failure(folder / "x.npz", "q"),
              (folder / "x.npz").string() + ": cannot read: Can't open file: Permission denied");
}

TEST(Npz, MissingKeyListsTheKeysThereAre) {
    const fs::path small = kData / "small.npz";
    EXPECT_EQ(load_failure(small, "v"), small.string() + ": no array 'v'; there is 'q', 'k'");
    const Folder folder;
    write_zip(folder / "none.npz", {{"readme.txt", "hello"}});
    EXPECT_TRUE(contains(load_failure(folder / "none.npz", "q"), "there is no array at all"));
    std::vector<Entry> many;
    many.reserve(100);
    for (int i = 0; i < 100; ++i) {
        many.push_back({"a" + std::to_string(i) + ".npy", "x"});
    }
    write_zip(folder / "many.npz", many);
    EXPECT_TRUE(contains(load_failure(folder / "many.npz", "q"), "'a11' and 88 more"));
}

TEST(Npz, MessagesStayOneLineWhateverTheNames) {
    const Folder folder;
    const fs::path path = folder / "two\nlines\x1b.npz";
    write_zip(path, {{"a\nb\x7f.npy", "x"}, {std::string(5000, 'k') + ".npy", "x"}});
    const std::string text = load_failure(path, "q\tr");
    EXPECT_TRUE(contains(text, "two\\nlines\\x1b.npz: no array 'q\\x09r'; there is 'a\\nb\\x7f', 'kkk")) << text;
    EXPECT_LT(text.size(), 500U);
    EXPECT_TRUE(contains(load_failure(path, "a\nb\x7f"), "array 'a\\nb\\x7f': is no .npy array"));
}

TEST(Npz, KeyThatIsThereTwiceIsRefused) {
    const Folder folder;
    write_zip(folder / "x.npz", {{"q.npy", "x"}, {"p.npy", "x"}});
    std::string bytes = read_bytes(folder / "x.npz");
    for (std::size_t at = bytes.find("p.npy"); at != std::string::npos; at = bytes.find("p.npy")) {
        bytes[at] = 'q';
    }
    write_bytes(folder / "x.npz", bytes);
    EXPECT_TRUE(contains(load_failure(folder / "x.npz", "q"), "array 'q': is there more than once"));
}

// ---- malformed members ----

TEST(Npz, BadMagicAndVersionsAreRefused) {
    EXPECT_EQ(member_failure(""), "is no .npy array: 0 bytes only");
    EXPECT_EQ(member_failure("\x93NUMPY\x01"), "is no .npy array: 7 bytes only");
    EXPECT_EQ(member_failure("PK\x03\x04 nothing"), "is no .npy array: the magic bytes are wrong");
    const std::string header = npy_header("'<f4'", "(1,)");
    EXPECT_EQ(member_failure(npy(header, "abcd", 4)), "has .npy version 4.0; accepted are 1.0, 2.0 and 3.0");
    EXPECT_EQ(member_failure(npy(header, "abcd", 0)), "has .npy version 0.0; accepted are 1.0, 2.0 and 3.0");
    EXPECT_EQ(member_failure(npy(header, "abcd", 1, 1)), "has .npy version 1.1; accepted are 1.0, 2.0 and 3.0");
}

TEST(Npz, HeaderLengthBeyondTheDataIsRefused) {
    EXPECT_EQ(member_failure("\x93NUMPY\x01\x00\xff\xff{}"s),
              "bad .npy header: its length is 65535 bytes, the member has 12");
    EXPECT_EQ(member_failure("\x93NUMPY\x02\x00\xff\xff\xff\xff{}"s),
              "bad .npy header: its length is 4294967295 bytes, the member has 14");
    EXPECT_EQ(member_failure("\x93NUMPY\x02\x00\x01"s), "ends after 9 bytes, at least 12 are needed");
    EXPECT_EQ(member_failure("\x93NUMPY\x01\x00"s), "ends after 8 bytes, at least 10 are needed");
    EXPECT_EQ(member_failure(npy(std::string(65537, ' '), "", 2)),
              "bad .npy header: its length is 65537 bytes, the limit is 65536");
}

TEST(Npz, BadHeaderDictsAreRefused) {
    const std::string good = npy_header("'<f4'", "(2, 3)");
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "'{' expected"},
        {"   \n", "'{' expected"},
        {"{", "a string expected"},
        {"{}", "descr, fortran_order and shape are needed"},
        {"[1]", "'{' expected"},
        {"{'descr'", "':' expected"},
        {"{'descr: 1}", "a plain string expected"},
        {R"({'des\x63r': '<f4'})", "a plain string expected"},
        {"{'descr': '<f4", "a plain string expected"},
        {"{'descr': [('a', '<f4'", "'}' expected"},
        {"{'descr': ), }", "bracket without a partner"},
        {"{'descr': '<f4', 'fortran_order': False, }", "descr, fortran_order and shape are needed"},
        {"{'descr': '<f4', 'descr': '<f4', }", "entry 'descr' is unknown or there twice"},
        {"{'descr': '<f4', 'colour': 'red', }", "entry 'colour' is unknown or there twice"},
        {"{'descr': '<f4' 'fortran_order': False}", "'}' expected"},
        {good + "x", "text after the closing brace"},
        {good + "\0"s, "text after the closing brace"},
        {npy_header("'<f4'", "(2, 3)", "0"), "True or False expected"},
        {npy_header("'<f4'", "(2, 3)", "Falsetto"), "'}' expected"},
        {npy_header("'<f4'", "[2, 3]"), "'(' expected"},
        {npy_header("'<f4'", "6"), "'(' expected"},
        {npy_header("'<f4'", "(6)"), "the shape is a number, a tuple is needed"},
        {npy_header("'<f4'", "(2, 3"), "a whole number expected in the shape"},
        {npy_header("'<f4'", "(2, x)"), "a whole number expected in the shape"},
        {npy_header("'<f4'", "(2 3)"), "')' expected"},
        {npy_header("'<f4'", "(2.5, 3)"), "')' expected"},
        {npy_header("'<f4'", "(,)"), "a whole number expected in the shape"},
        {npy_header("'<f4'", "(True,)"), "a whole number expected in the shape"},
        {npy_header("'<f4'", "(-6,)"), "negative dimension in the shape"},
        {npy_header("'<f4'", "(-2, -3)"), "negative dimension in the shape"},
        {npy_header("'<f4'", "(9223372036854775808,)"), "dimension beyond 63 bits in the shape"},
        {npy_header("'<f4'", "(99999999999999999999999,)"), "dimension beyond 63 bits in the shape"},
    };
    for (const auto& [header, problem] : cases) {
        const std::string text = header_failure(header);
        EXPECT_TRUE(text.starts_with("bad .npy header: " + problem + " (at character ")) << header << "\n" << text;
    }
    std::string deep = "(";
    for (int i = 0; i < 33; ++i) {
        deep += "1, ";
    }
    EXPECT_TRUE(contains(header_failure(npy_header("'<f4'", deep + ")")), "more than 32 dimensions"));
    EXPECT_TRUE(contains(header_failure(npy_header(std::string(60000, '['), "()")), "'}' expected"));
}

TEST(Npz, UnusualButValidHeadersLoad) {
    const std::string six(24, '\0');
    for (const std::string& header : {
             R"({"shape":(2,3),"descr":"<f4","fortran_order":False})"s,
             "  {'shape' : ( 2 , 3 , ) , 'fortran_order' : False , 'descr' : '<f4' }   \r\n\n"s,
             npy_header("'<f4'", "(2L, 3L)"),
             npy_header("'=f4'", "(2, 3)"),
             npy_header("'f4'", "(2, 3)"),
             npy_header("'|f4'", "(2, 3)"),
         }) {
        EXPECT_EQ(load_member(npy(header, six)).shape, (Shape{2, 3})) << header;
    }
    EXPECT_EQ(load_member(npy(npy_header("'>i1'", "(1,)"), "\x05")).values, std::vector<double>{5});
}

TEST(Npz, StrangeDtypeStringsAreRefused) {
    for (const std::string& descr : {"''"s, "'<'"s, "'<f'"s, "'<f16'"s, "'<<f4'"s, "'<f4 '"s, "'float32'"s, "'<f4\n'"s,
                                     "None"s, "('<f4', (2,))"s, "{'names': ['a']}"s, "''"s}) {
        EXPECT_TRUE(header_failure(npy_header(descr, "(2, 3)")).starts_with("dtype '")) << descr;
    }
}

TEST(Npz, ShapeThatDoesNotMatchTheDataIsRefused) {
    EXPECT_EQ(header_failure(npy_header("'<f4'", "(2, 4)")), "shape [2, 4] of float32 needs 32 bytes, there are 24");
    EXPECT_EQ(header_failure(npy_header("'<f8'", "(2,)")), "shape [2] of float64 needs 16 bytes, there are 24");
    EXPECT_EQ(header_failure(npy_header("'<f4'", "(0, 3)")), "shape [0, 3] of float32 needs 0 bytes, there are 24");
    EXPECT_EQ(header_failure(npy_header("'<f4'", "()")), "shape [] of float32 needs 4 bytes, there are 24");
    EXPECT_EQ(header_failure(npy_header("'<f4'", "(1073741824,)")),
              "shape [1073741824] of float32 needs 4294967296 bytes, there are 24");
}

TEST(Npz, ShapeThatOverflowsIsRefused) {
    const std::string problem = " has more bytes than 63 bits can count";
    EXPECT_EQ(header_failure(npy_header("'<f4'", "(4294967296, 4294967296)")),
              "shape [4294967296, 4294967296]" + problem);
    // 2^62 float32 are 2^64 bytes: 0 when it wraps, and with 6 more the 24 bytes that there are.
    EXPECT_EQ(header_failure(npy_header("'<f4'", "(4611686018427387910,)")), "shape [4611686018427387910]" + problem);
    EXPECT_EQ(header_failure(npy_header("'<f4'", "(9223372036854775807, 9223372036854775807, 0)")),
              "shape [9223372036854775807, 9223372036854775807, 0]" + problem);
}

TEST(Npz, MoreValuesThanTheLimitAreRefused) {
    NpzReader reader(kData / "stored.npz");
    EXPECT_EQ(reader.load("f4", 6).values.size(), 6U);
    EXPECT_TRUE(contains(failure([&] { (void)reader.load("f4", 5); }), "shape [2, 3] has 6 values, the limit is 5"));
}

// ---- malformed archives ----

TEST(Npz, WrongCrcIsRefused) {
    for (const std::int32_t method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
        const Folder folder;
        write_zip(folder / "x.npz", {{"q.npy", npy(npy_header("'<f4'", "(2, 3)"), std::string(24, '\0'))}}, method);
        std::string bytes = read_bytes(folder / "x.npz");
        bytes[find_central(bytes) + 16] ^= 1;
        write_bytes(folder / "x.npz", bytes);
        EXPECT_TRUE(contains(load_failure(folder / "x.npz", "q"), "array 'q': cannot read: CRC error"));
    }
}

TEST(Npz, EmptyArrayHasItsCrcCheckedToo) {
    const Folder folder;
    write_zip(folder / "x.npz", {{"q.npy", npy(npy_header("'<f4'", "(0, 4)"), "")}});
    std::string bytes = read_bytes(folder / "x.npz");
    bytes[find_central(bytes) + 16] ^= 1;
    write_bytes(folder / "x.npz", bytes);
    EXPECT_TRUE(contains(load_failure(folder / "x.npz", "q"), "CRC error"));
}

TEST(Npz, EncryptedMemberIsRefused) {
    const Folder folder;
    write_zip(folder / "x.npz", {{"q.npy", npy(npy_header("'<f4'", "(2, 3)"), std::string(24, '\0'))}});
    std::string bytes = read_bytes(folder / "x.npz");
    bytes[find_central(bytes) + 8] |= 1;
    write_bytes(folder / "x.npz", bytes);
    EXPECT_TRUE(contains(load_failure(folder / "x.npz", "q"), "array 'q': is encrypted; only plain members are read"));
}

TEST(Npz, UnknownCompressionIsRefused) {
    const Folder folder;
    write_zip(folder / "x.npz", {{"q.npy", npy(npy_header("'<f4'", "(2, 3)"), std::string(24, '\0'))}});
    std::string bytes = read_bytes(folder / "x.npz");
    bytes[find_central(bytes) + 10] = 77;
    write_bytes(folder / "x.npz", bytes);
    EXPECT_TRUE(contains(load_failure(folder / "x.npz", "q"), "cannot read: Compression method not supported"));
}

// Sets the uncompressed size of the only member, in the zip directory, to what its shape asks for.
void declare_size(const fs::path& path, std::uint32_t size) {
    std::string bytes = read_bytes(path);
    bytes.replace(find_central(bytes) + 24, 4, number(size, 4));
    write_bytes(path, bytes);
}

constexpr std::uint32_t kLieValues = 1'000'000'000;  // below kMaxNpzValues

std::uint32_t write_lie(const fs::path& path, std::int32_t method) {
    const std::string header = npy_header("'<f4'", "(" + std::to_string(kLieValues) + ",)");
    write_zip(path, {{"q.npy", npy(header, std::string(400, '\0'))}}, method);
    const auto size = static_cast<std::uint32_t>(10 + header.size() + std::size_t{4} * kLieValues);
    declare_size(path, size);
    return size;
}

TEST(Npz, DeclaredSizeBeyondTheDataIsRefused) {
    for (const std::int32_t method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
        const Folder folder;
        write_lie(folder / "x.npz", method);
        const std::string text = load_failure(folder / "x.npz", "q");
        EXPECT_TRUE(contains(text, "ends after ") || contains(text, "inconsistent")) << text;
    }
}

#if !defined(GCA_ADDRESS_SANITIZER)  // which needs the whole address space
TEST(Npz, DeclaredSizeBeyondTheDataAllocatesLittle) {
    const Folder folder;
    write_lie(folder / "x.npz", ZIP_CM_DEFLATE);
    NpzReader reader(folder / "x.npz");
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    ASSERT_GT(pages, 0U);
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
    rlimit tight = before;
    tight.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + (std::size_t{64} << 20U);
    ASSERT_EQ(setrlimit(RLIMIT_AS, &tight), 0);
    const std::string text = failure([&] { (void)reader.load("q"); });
    ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
    EXPECT_FALSE(contains(text, "memory")) << text;
}
#endif

TEST(Npz, DeclaredSizeShortOfTheDataIsRefused) {
    for (const std::int32_t method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
        const Folder folder;
        const std::string header = npy_header("'<f4'", "(10,)");
        write_zip(folder / "x.npz", {{"q.npy", npy(header, std::string(4'000'000, '\0'))}}, method);
        declare_size(folder / "x.npz", static_cast<std::uint32_t>(10 + header.size() + 40));
        const std::string text = load_failure(folder / "x.npz", "q");
        EXPECT_TRUE(contains(text, "has more bytes than the ") || contains(text, "inconsistent")) << text;
    }
}

TEST(Npz, HighlyCompressedArrayLoads) {
    const Folder folder;
    const std::size_t count = 3'000'000;  // several chunks, and a file much smaller than them
    const std::string header = npy_header("'<f8'", "(3, 1000000)");
    write_zip(folder / "x.npz", {{"q.npy", npy(header, std::string(8 * count, '\0'))}}, ZIP_CM_DEFLATE);
    EXPECT_LT(fs::file_size(folder / "x.npz"), 100'000U);
    const NpzArray array = NpzReader(folder / "x.npz").load("q");
    EXPECT_EQ(array.shape, (Shape{3, 1'000'000}));
    EXPECT_EQ(array.values, std::vector<double>(count, 0.0));
}

TEST(Npz, EveryTruncationOfASmallFileIsRefused) {
    const Folder folder;
    for (const char* name : {"small.npz", "versions.npz"}) {
        const std::string whole = read_bytes(kData / name);
        ASSERT_GT(whole.size(), 100U);
        for (std::size_t length = 0; length < whole.size(); ++length) {
            SCOPED_TRACE(length);
            write_bytes(folder / "t.npz", whole.substr(0, length));
            failure([&] {
                NpzReader reader(folder / "t.npz");
                for (const std::string& key : reader.keys()) {
                    (void)reader.load(key);
                }
            });
        }
    }
}

// Loads everything; either it works or an InputError tells why. Any other exception fails the test.
std::size_t count_loads_of_flips(const std::string& whole) {
    const Folder folder;
    std::size_t loads = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const unsigned mask : {0x01U, 0x80U, 0xFFU, 0x20U}) {
            std::string bytes = whole;
            bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ mask);
            write_bytes(folder / "f.npz", bytes);
            try {
                NpzReader reader(folder / "f.npz");
                for (const std::string& key : reader.keys()) {
                    (void)reader.load(key);
                }
                ++loads;
            } catch (const InputError&) {
                continue;
            }
        }
    }
    return loads;
}

TEST(Npz, FlippingAnyByteLoadsOrIsRefused) {
    for (const char* name : {"small.npz", "versions.npz"}) {
        const std::string whole = read_bytes(kData / name);
        const std::size_t loads = count_loads_of_flips(whole);
        EXPECT_GT(loads, 0U);  // dates, for one
        EXPECT_LT(loads, 2 * whole.size());
    }
}

TEST(Npz, FlippingAnyByteOfAMemberLoadsOrIsRefused) {
    // As above but with a right CRC, so that the header parser sees it.
    const Folder folder;
    const std::string whole = npy(npy_header("'<f4'", "(2, 3)", "True"), std::string(24, '\1'));
    std::size_t loads = 0;
    std::size_t refusals = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const char value :
             {'\0', '\xFF', '\n', ' ', '0', '9', '-', ',', '\'', '"', '(', ')', '[', '}', 'T', '\x80'}) {
            std::string bytes = whole;
            bytes[at] = value;
            write_zip(folder / "f.npz", {{"q.npy", bytes}});
            try {
                (void)NpzReader(folder / "f.npz").load("q");
                ++loads;
            } catch (const InputError&) {
                ++refusals;
            }
        }
    }
    EXPECT_GE(loads, 24U * 16U);
    EXPECT_GT(refusals, 800U);
}

// ---- writer ----

TEST(Npz, WrittenArraysComeBack) {
    const Folder folder;
    const fs::path path = folder / "out.npz";
    const float denormal = std::numeric_limits<float>::denorm_min();
    const std::vector<float> y{0.0F, -1.5F, denormal, 3e38F, 0.1F, -0.0F};
    const std::vector<std::int16_t> counts{-32768, -1, 0, 32767};
    const std::vector<float> none;
    NpzWriter writer(path);
    writer.add("y", y, {1, 2, 3});
    writer.add("counts", counts, {4});
    writer.add("none", none, {0, 4});
    writer.add("scalar", std::span(y).first(1), {});
    EXPECT_FALSE(fs::exists(path));
    writer.finish();

    EXPECT_EQ(folder.count_files(), 1U);
    NpzReader reader(path);
    EXPECT_EQ(reader.keys(), (std::vector<std::string>{"y", "counts", "none", "scalar"}));
    EXPECT_EQ(reader.load("y"), (NpzArray{NpyType::float32, {1, 2, 3}, {y.begin(), y.end()}}));
    EXPECT_TRUE(std::signbit(reader.load("y").values[5]));
    EXPECT_EQ(reader.load("counts"), (NpzArray{NpyType::int16, {4}, {-32768, -1, 0, 32767}}));
    EXPECT_EQ(reader.load("none"), (NpzArray{NpyType::float32, {0, 4}, {}}));
    EXPECT_EQ(reader.load("scalar"), (NpzArray{NpyType::float32, {}, {0.0}}));
}

TEST(Npz, ArrayOfSeveralChunksComesBack) {
    const Folder folder;
    std::vector<float> values(1'000'003);
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i) * 0.25F;
    }
    NpzWriter writer(folder / "out.npz");
    writer.add("y", values, {values.size()});
    writer.finish();
    EXPECT_EQ(NpzReader(folder / "out.npz").load("y").values, std::vector<double>(values.begin(), values.end()));
}

TEST(Npz, SameArraysGiveTheSameBytesInEveryTimeZone) {
    const Folder folder;
    const std::vector<float> y{1, 2, 3};
    std::vector<std::string> written;
    const char* const zone = getenv("TZ");
    const std::string before = zone == nullptr ? "" : zone;
    for (const char* name : {"UTC", "Asia/Tokyo", "America/Los_Angeles"}) {
        setenv("TZ", name, 1);
        tzset();
        NpzWriter writer(folder / "out.npz");
        writer.add("y", y, {3});
        writer.finish();
        written.push_back(read_bytes(folder / "out.npz"));
    }
    zone == nullptr ? unsetenv("TZ") : setenv("TZ", before.c_str(), 1);
    tzset();
    EXPECT_FALSE(written[0].empty());
    EXPECT_EQ(written[0], written[1]);
    EXPECT_EQ(written[0], written[2]);
    // DOS date of 1 January 1980 in the zip directory.
    EXPECT_EQ(written[0].substr(find_central(written[0]) + 12, 4), number(0x00210000, 4));
}

TEST(Npz, HeaderIsPaddedAsNumpyDoes) {
    const Folder folder;
    const std::vector<float> y{1, 2, 3};
    for (const std::size_t rank : {1U, 2U, 5U, 9U, 20U}) {
        Shape shape(rank, 1);
        shape.back() = 3;
        NpzWriter writer(folder / "out.npz");
        writer.add("y", y, shape);
        writer.finish();
        const std::string bytes = read_bytes(folder / "out.npz");
        const std::size_t magic = bytes.find("\x93NUMPY");
        const std::size_t header = static_cast<unsigned char>(bytes[magic + 8]);
        EXPECT_EQ((10 + header) % 64, 0U);
        EXPECT_EQ(bytes[magic + 10 + header - 1], '\n');
        EXPECT_EQ(NpzReader(folder / "out.npz").load("y").shape, shape);
    }
}

TEST(Npz, ExistingFileIsReplacedAndALinkFollowed) {
    const Folder folder;
    write_bytes(folder / "real.npz", "old and no zip at all");
    fs::permissions(folder / "real.npz", fs::perms::owner_read | fs::perms::owner_write);
    fs::create_symlink("real.npz", folder / "link.npz");
    const std::vector<float> y{1, 2, 3};
    NpzWriter writer(folder / "link.npz");
    writer.add("y", y, {3});
    writer.finish();
    EXPECT_TRUE(fs::is_symlink(folder / "link.npz"));
    EXPECT_EQ(NpzReader(folder / "real.npz").load("y").values, (std::vector<double>{1, 2, 3}));
    EXPECT_EQ(folder.count_files(), 2U);
}

TEST(Npz, RelativePathWithoutAFolderIsWritten) {
    const Folder folder;
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    const std::vector<float> y{1};
    NpzWriter writer("out.npz");
    writer.add("y", y, {1});
    writer.finish();
    fs::current_path(before);
    EXPECT_TRUE(fs::exists(folder / "out.npz"));
}

TEST(Npz, WriterRefusesBadTargetsAtOnce) {
    const Folder folder;
    EXPECT_TRUE(contains(failure([&] { NpzWriter writer(folder / "no/out.npz"); }), "/no' is no directory"));
    EXPECT_TRUE(contains(failure([&] { NpzWriter writer(folder.path()); }), "is a directory"));
    EXPECT_TRUE(
        contains(failure([&] { NpzWriter writer("/dev/null"); }), "/dev/null: cannot write: is not a regular file"));
    write_bytes(folder / "file", "x");
    EXPECT_TRUE(contains(failure([&] { NpzWriter writer(folder / "file/out.npz"); }), "is no directory"));
}

TEST(Npz, FolderWithoutPermissionIsRefusedAtOnce) {
    const Folder folder;
    fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_exec);
    {
        const NotRoot not_root;
        EXPECT_EQ(failure([&] { NpzWriter writer(folder / "out.npz"); }),
                  (folder / "out.npz").string() + ": cannot write: Permission denied");
    }
    fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST(Npz, TemporaryFileThatCannotBeMadeIsReported) {
    const std::vector<float> y{1};
    // /proc takes no new files, not even root's.
    EXPECT_TRUE(contains(failure([&] {
                             NpzWriter writer("/proc/gca_test.npz");
                             writer.add("y", y, {1});
                             writer.finish();
                         }),
                         "/proc/gca_test.npz: cannot write: "));
}

TEST(Npz, FolderThatVanishesIsReported) {
    const Folder folder;
    fs::create_directory(folder / "sub");
    const std::vector<float> y{1};
    NpzWriter writer(folder / "sub/out.npz");
    writer.add("y", y, {1});
    fs::remove(folder / "sub");
    EXPECT_TRUE(contains(failure([&] { writer.finish(); }), "No such file or directory"));
}

// A limit on the size of files stands for the full disk.
TEST(Npz, FullDiskIsReportedAndLeavesTheOldFileAndNoOther) {
    const std::vector<float> values(100'000, 1.0F);
    // 100 bytes fail when the buffered bytes are flushed at the very end, 100000 amid the values.
    for (const rlim_t limit : {rlim_t{100}, rlim_t{100'000}}) {
        const Folder folder;
        write_bytes(folder / "out.npz", "precious");
        NpzWriter writer(folder / "out.npz");
        writer.add("y", std::span(values).first(limit == 100 ? 50 : values.size()),
                   {limit == 100 ? 50 : values.size()});
        rlimit before{};
        ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
        auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
        rlimit tight = before;
        tight.rlim_cur = limit;
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
        const std::string text = failure([&] { writer.finish(); });
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
        std::signal(SIGXFSZ, handler);
        EXPECT_TRUE(contains(text, "out.npz: cannot write: ") && contains(text, "File too large")) << text;
        EXPECT_EQ(folder.count_files(), 1U);
        EXPECT_EQ(read_bytes(folder / "out.npz"), "precious");
    }
}

TEST(Npz, MisuseOfTheWriterIsALogicError) {
    const Folder folder;
    const std::vector<float> y{1, 2, 3};
    NpzWriter writer(folder / "out.npz");
    EXPECT_THROW(writer.finish(), std::logic_error);
    EXPECT_THROW(writer.add("y", y, {4}), std::invalid_argument);
    EXPECT_THROW(writer.add("y", y, {}), std::invalid_argument);
    EXPECT_THROW(writer.add("", y, {3}), std::invalid_argument);
    writer.add("y", y, {3});
    EXPECT_THROW(writer.add("y", y, {3}), std::invalid_argument);
    writer.finish();
    EXPECT_THROW(writer.finish(), std::logic_error);
    EXPECT_EQ(NpzReader(folder / "out.npz").keys(), std::vector<std::string>{"y"});
}

}  // namespace
}  // namespace gca
