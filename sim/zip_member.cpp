#include "sim/zip_member.h"

#include <array>
#include <utility>

#include "behavioral/error.h"

namespace gca {

zip_t* open_zip(const std::filesystem::path& path, int flags, ZipError& error) {
    ZipSourceHandle source(zip_source_file_create(path.c_str(), 0, -1, error.get()));
    if (source == nullptr) {
        return nullptr;
    }
    zip_t* archive = zip_open_from_source(source.get(), flags, error.get());
    if (archive != nullptr) {
        static_cast<void>(source.release());  // the archive owns it now
    }
    return archive;
}

ZipMemberStream::ZipMemberStream(ZipMemberHandle file, std::string where)
    : file_(std::move(file)), where_(std::move(where)) {}

std::size_t ZipMemberStream::read(std::span<std::byte> target) {
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

void ZipMemberStream::read_exactly(std::span<std::byte> target) {
    const std::uint64_t wanted = offset_ + target.size();
    if (read(target) != target.size()) {
        fail("ends after " + std::to_string(offset_) + " bytes, at least " + std::to_string(wanted) + " are needed");
    }
}

void ZipMemberStream::require_end() {
    std::array<std::byte, 1> extra{};
    if (read(extra) != 0) {
        fail("has more bytes than the " + std::to_string(offset_ - 1) + " that the zip directory declares");
    }
}

void ZipMemberStream::fail(const std::string& problem) const {
    throw InputError(where_ + ": " + problem);
}

}  // namespace gca
