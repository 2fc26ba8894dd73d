// Fuzz target: one member of an .npz file (sim/npz.h), in an archive that is made around it. The input's first byte
// says how, the second how many KiB of zeros follow the member, four more the size that is declared if it is another
// one; the rest is the member.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/npz.h"
#include "sim/sequences.h"
#include "tests/fuzz/loaded_array.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/zip_writer.h"

namespace gca::fuzz {

namespace {

// Of the first byte.
constexpr unsigned kDeflated = 1U;
constexpr unsigned kOtherSize = 2U;
constexpr unsigned kWrongCrc = 4U;
constexpr unsigned kTwice = 8U;
constexpr unsigned kEncrypted = 16U;
constexpr unsigned kSequences = 32U;  ///< read as a run's input, not as an array
constexpr unsigned kFloating = 64U;
constexpr unsigned kFewValues = 128U;

constexpr std::size_t kFew = 24;
constexpr std::size_t kDim = 4;

void load_one(const MemoryFile& file, unsigned how) {
    NpzReader reader(file.path());
    const std::size_t most = (how & kFewValues) != 0 ? kFew : kMaxNpzValues;
    const NpzArray array = reader.load("q", most, (how & kFloating) != 0 ? Accept::floating : Accept::any);
    check_array(array);
    require(array.values.size() <= most, "an array has more values than the limit");
    require((how & kFloating) == 0 || is_floating(array.type), "an array of another type than was asked for");
    require((how & (kWrongCrc | kTwice | kEncrypted)) == 0, "a member is accepted that must not be");
}

void load_run(const MemoryFile& file) {
    Config config;
    config.geometry.dim = kDim;
    config.scalers.q = {.a = {2.0}, .b = {-0.5}};
    const Sequences sequences = load_sequences(file.path(), config);
    const std::size_t values = sequences.heads * sequences.tokens * sequences.dim;
    require(sequences.dim == kDim, "sequences of another dimension");
    for (const auto& [part, full_scale] :
         {std::pair(&sequences.q, 1.0), std::pair(&sequences.k, kSupplyV), std::pair(&sequences.v, kSupplyV)}) {
        require(part->size() == values, "sequences have not as many values as they say");
        for (const double value : *part) {
            require(value >= 0.0 && value <= full_scale, "a value out of the hardware's range");
        }
    }
}

}  // namespace

void try_input(Bytes input) {
    Feed feed(input);
    const unsigned how = feed.byte();
    const std::string zeros(std::size_t{feed.byte()} * 1024, '\0');
    ZipMember member{.name = "q.npy",
                     .content = "",
                     .deflated = (how & kDeflated) != 0,
                     .encrypted = (how & kEncrypted) != 0,
                     .wrong_crc = (how & kWrongCrc) != 0};
    if ((how & kOtherSize) != 0) {
        member.declared_size = feed.number<std::uint32_t>();
    }
    member.content = text_of(feed.rest()) + zeros;

    std::vector<ZipMember> members{member};
    if ((how & kTwice) != 0) {
        members.push_back(member);
    }
    for (const char* const name : {"k.npy", "v.npy"}) {
        members.push_back(member);
        members.back().name = name;
    }
    const std::string archive = zip_archive(members);
    static const MemoryFile file;
    file.write({reinterpret_cast<const std::uint8_t*>(archive.data()), archive.size()});  // NOLINT: a file is bytes
    accepted(
        [&] {
            if ((how & kSequences) != 0) {
                load_run(file);
            } else {
                load_one(file, how);
            }
        },
        file.path().string());
}

}  // namespace gca::fuzz
