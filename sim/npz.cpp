#include "sim/npz.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "behavioral/error.h"
#include "sim/npy_header.h"
#include "sim/npy_values.h"
#include "sim/output_file.h"
#include "sim/printable.h"
#include "sim/zip_member.h"

namespace gca {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr std::size_t kMaxListedKeys = 12;
constexpr std::uint16_t kDosDate = (1U << 5U) | 1U;  // 1 January 1980, the date that numpy writes

std::string printable(const std::filesystem::path& path) {
    return gca::printable(path.string());
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

bool is_bare_npy(const std::filesystem::path& path) {
    std::array<char, kNpyMagic.size()> start{};
    std::ifstream file(path, std::ios::binary);
    file.read(start.data(), start.size());
    return file.gcount() == static_cast<std::streamsize>(start.size()) &&
           std::string_view(start.data(), start.size()) == kNpyMagic;
}

// libzip only reads from a source that is added, but its type is not const.
zip_buffer_fragment_t fragment(std::span<const std::byte> bytes) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast, cppcoreguidelines-pro-type-reinterpret-cast)
    return {reinterpret_cast<zip_uint8_t*>(const_cast<std::byte*>(bytes.data())), bytes.size()};
}

}  // namespace

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
    archive_.reset(open_zip(path_, ZIP_RDONLY, zip_error));
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
            list += (i == 0 ? "" : ", ") + npy_quoted(keys_[i]);
        }
        if (keys_.size() > kMaxListedKeys) {
            list += " and " + std::to_string(keys_.size() - kMaxListedKeys) + " more";
        }
        throw InputError(printable(path_) + ": no array " + npy_quoted(key) + "; there is " +
                         (list.empty() ? "no array at all" : list));
    }
    const std::string where = printable(path_) + ": array " + npy_quoted(key);
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
    ZipMemberHandle file(zip_fopen_index(archive_.get(), index, 0));
    if (file == nullptr) {
        throw InputError(where + ": cannot read: " + zip_strerror(archive_.get()));
    }
    ZipMemberStream member(std::move(file), where);

    std::uint64_t value_bytes = stat.size;
    NpyHeader header = read_npy_header(member, value_bytes);
    const NpyLayout layout = parse_npy_dtype(header.descr, accept, member);
    const std::size_t count = count_npy_values(header.shape, layout.bytes, member);
    if (count * layout.bytes != value_bytes) {
        member.fail("shape " + format_index(header.shape) + " of " + std::string(npy_type_name(layout.type)) +
                    " needs " + std::to_string(count * layout.bytes) + " bytes, there are " +
                    std::to_string(value_bytes));
    }
    if (count > max_values) {
        member.fail("shape " + format_index(header.shape) + " has " + std::to_string(count) + " values, the limit is " +
                    std::to_string(max_values));
    }
    try {
        std::vector<double> values = read_npy_values(member, layout, count, file_bytes_);
        member.require_end();
        if (header.fortran_order && count > 0) {
            values = to_c_order(values, header.shape);
        }
        return {layout.type, std::move(header.shape), std::move(values)};
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
    if (product != count || shape.size() > kMaxNpyRank) {
        throw std::invalid_argument("NpzWriter: array " + npy_quoted(key) + " has " + std::to_string(count) +
                                    " values, not the shape " + format_index(shape));
    }
    const bool known = std::any_of(members_.begin(), members_.end(), [&](const Member& m) { return m.key == key; });
    if (key.empty() || known) {
        throw std::invalid_argument("NpzWriter: key " + npy_quoted(key) + " is empty or there already");
    }
    members_.push_back({std::move(key), make_npy_header(type, shape), bytes});
}

void NpzWriter::finish() {
    if (finished_ || members_.empty()) {
        throw std::logic_error("NpzWriter: finish is for once, and for at least one array");
    }
    finished_ = true;
    const std::string where = printable(path_) + ": cannot write: ";

    ZipError error;
    std::unique_ptr<zip_t, DiscardZip> archive(open_zip(path_, ZIP_CREATE | ZIP_TRUNCATE, error));
    if (archive == nullptr) {
        throw InputError(where + error.text());
    }
    for (const Member& member : members_) {
        const std::array fragments{fragment(std::as_bytes(std::span(member.header))), fragment(member.bytes)};
        ZipSourceHandle source(zip_source_buffer_fragment(archive.get(), fragments.data(), fragments.size(), 0));
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
