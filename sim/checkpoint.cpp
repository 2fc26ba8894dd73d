#include "sim/checkpoint.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "behavioral/codec.h"
#include "behavioral/error.h"
#include "behavioral/state_archive.h"
#include "sim/build_id.h"
#include "sim/config_file.h"
#include "sim/output_file.h"
#include "sim/printable.h"

namespace gca {

namespace {

constexpr std::string_view kMagic = "gcastate";
constexpr std::uintmax_t kMaxBytes = std::uintmax_t{1} << 33U;
constexpr std::size_t kShownBytes = 60;  // of a value in a message

struct SectionHeader {
    std::array<char, 8> name{};
    std::uint64_t length = 0;
};

std::uint32_t crc(std::span<const std::byte> bytes, std::uint32_t before = 0) {
    const auto* const data = reinterpret_cast<const Bytef*>(bytes.data());  // NOLINT: zlib's name of a byte
    return static_cast<std::uint32_t>(crc32_z(before, data, bytes.size()));
}

std::uint32_t crc(const SectionHeader& header, std::span<const std::byte> payload) {
    return crc(payload, crc(std::as_bytes(std::span(&header, 1))));
}

template <typename Value>
void append(std::string& text, const Value& value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);  // NOLINT: a file is characters
}

void append_section(std::string& text, std::string_view name, const std::vector<std::byte>& payload) {
    SectionHeader header{.length = payload.size()};
    std::copy(name.begin(), name.end(), header.name.begin());
    append(text, header);
    append(text, crc(header, payload));
    text.append(reinterpret_cast<const char*>(payload.data()), payload.size());  // NOLINT: as above
}

/// The sections of a file one after the other.
class SectionReader {
 public:
    SectionReader(std::span<const std::byte> bytes, std::string file) : left_(bytes), file_(std::move(file)) {
        std::array<char, kMagic.size()> magic{};
        std::uint32_t version = 0;
        if (left_.size() >= sizeof magic) {
            take(magic, "magic");
        }
        if (std::string_view(magic.data(), magic.size()) != kMagic) {
            throw InputError(fmt::format("{}: is no checkpoint of gca", file_));
        }
        take(version, "version");
        if (version != kCheckpointVersion) {
            throw InputError(fmt::format("{}: is a checkpoint of format {}: this build reads format {}", file_, version,
                                         kCheckpointVersion));
        }
    }

    /// The next section's payload, its CRC checked.
    std::span<const std::byte> next(std::string_view name, std::string_view of_head = "") {
        const std::string section = fmt::format("section {}{}", name, of_head);
        SectionHeader header;
        std::uint32_t expected = 0;
        take(header, section);
        take(expected, section);
        SectionHeader wanted{.length = header.length};
        std::copy(name.begin(), name.end(), wanted.name.begin());
        if (header.name != wanted.name) {
            damaged(fmt::format("{} is not where it should be", section));
        }
        const std::span<const std::byte> payload = take_bytes(header.length, section);
        if (const std::uint32_t got = crc(header, payload); got != expected) {
            damaged(fmt::format("CRC of {} is {:08x}: must be {:08x}", section, got, expected));
        }
        return payload;
    }

    /// A section of values.
    template <typename Part>
    Part read(std::string_view name, std::string_view of_head = "") {
        StateArchive archive(next(name, of_head));
        Part part;
        try {
            part.transfer(archive);
            archive.require_end();
        } catch (const InputError& error) {
            damaged(fmt::format("section {}{}: {}", name, of_head, error.what()));
        }
        return part;
    }

    void require_end() const {
        if (!left_.empty()) {
            damaged(fmt::format("{} bytes behind the last section", left_.size()));
        }
    }

 private:
    [[noreturn]] void damaged(const std::string& what) const {
        throw InputError(fmt::format("{}: damaged: {}", file_, what));
    }

    std::span<const std::byte> take_bytes(std::uint64_t size, std::string_view what) {
        if (size > left_.size()) {
            throw InputError(
                fmt::format("{}: cut short: {} needs {} bytes, there are {}", file_, what, size, left_.size()));
        }
        const std::span<const std::byte> bytes = left_.first(size);
        left_ = left_.subspan(size);
        return bytes;
    }

    template <typename Value>
    void take(Value& value, std::string_view what) {
        std::memcpy(&value, take_bytes(sizeof value, what).data(), sizeof value);
    }

    std::span<const std::byte> left_;
    std::string file_;
};

/// Of the codes of a head's first tokens, as the host drives them.
std::uint32_t input_digest(const CheckpointRun& run, std::size_t head, std::size_t tokens) {
    const Quantization& q = run.config.quantization;
    std::vector<std::uint8_t> codes(run.sequences.dim);
    std::uint32_t digest = 0;
    const auto add = [&](std::span<const double> values, double full_scale, unsigned levels) {
        encode(values, full_scale, levels, codes);
        digest = crc(std::as_bytes(std::span(codes)), digest);
    };
    for (std::size_t index = 0; index < tokens; ++index) {
        const Token token = run.sequences.token(head, index);
        add(token.q, 1.0, q.query_levels);
        add(token.k, kSupplyV, q.store_levels);
        add(token.v, kSupplyV, q.store_levels);
    }
    return digest;
}

struct RunNumbers {
    std::uint64_t tokens = 0;
    std::uint64_t heads = 0;
    std::uint64_t window = 0;

    void transfer(StateArchive& archive) {
        archive.number("tokens", tokens);
        archive.number("heads", heads);
        archive.number("window", window);
    }
};

struct HeadNumbers {
    std::uint64_t sent = 0;
    std::uint32_t digest = 0;

    void transfer(StateArchive& archive) {
        archive.number("tokens accepted", sent);
        archive.number("digest", digest);
    }
};

struct Build {
    std::string id;

    void transfer(StateArchive& archive) { archive.text("build", id); }
};

struct Values {
    std::vector<ConfigValue> all;

    void transfer(StateArchive& archive) {
        std::uint64_t count = all.size();
        archive.number("keys", count);
        for (std::uint64_t i = 0; i < count; ++i) {
            if (i == all.size()) {
                all.emplace_back();
            }
            archive.text("key", all[i].key);
            archive.text("value", all[i].value);
        }
    }
};

template <typename Part>
std::vector<std::byte> saved(Part part) {
    StateArchive archive;
    part.transfer(archive);
    return archive.take();
}

void check_config(const std::string& file, const std::vector<ConfigValue>& theirs, const Config& config) {
    const std::vector<ConfigValue> ours = config_values(config);
    const auto [their, our] = std::mismatch(theirs.begin(), theirs.end(), ours.begin(), ours.end());
    if (their == theirs.end() && our == ours.end()) {
        return;
    }
    // Which keys are in force follows from values before them: in a file of this build, the first difference is a
    // value.
    if (their == theirs.end() || our == ours.end() || their->key != our->key) {
        throw InputError(fmt::format("{}: damaged: section config has other keys than this build", file));
    }
    throw InputError(fmt::format("{}: {} is {} in the checkpoint, {} here", file, our->key,
                                 printable(their->value, kShownBytes), printable(our->value, kShownBytes)));
}

void check_run(const std::string& file, const RunNumbers& theirs, const CheckpointRun& run) {
    if (theirs.window != run.window) {
        throw InputError(fmt::format("{}: --window is {} in the checkpoint, {} here", file, theirs.window, run.window));
    }
    if (theirs.heads != run.sequences.heads) {
        throw InputError(fmt::format("{}: has {} heads, the input has {}: must be as many", file, theirs.heads,
                                     run.sequences.heads));
    }
}

void check_head(const std::string& file, std::size_t head, const HeadNumbers& theirs, std::size_t taken,
                const CheckpointRun& run) {
    if (theirs.sent < taken || theirs.sent - taken >= RtlEngine::kInFlight) {
        throw InputError(
            fmt::format("{}: damaged: head {} accepted {} tokens and gave {}", file, head, theirs.sent, taken));
    }
    if (theirs.sent > run.sequences.tokens) {
        throw InputError(fmt::format("{}: head {} has accepted {} tokens, the input has {}: must have them all", file,
                                     head, theirs.sent, run.sequences.tokens));
    }
    if (theirs.digest != input_digest(run, head, theirs.sent)) {
        throw InputError(
            fmt::format("{}: head {} has accepted other tokens than the input's first {}: must be the same", file, head,
                        theirs.sent));
    }
}

std::vector<std::byte> copy(std::span<const std::byte> bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string format_checkpoint(const Checkpoint& checkpoint, const CheckpointRun& run) {
    std::string text(kMagic);
    append(text, kCheckpointVersion);
    append_section(text, "build", saved(Build{std::string(build_id())}));
    append_section(text, "run", saved(RunNumbers{checkpoint.tokens, checkpoint.heads.size(), run.window}));
    append_section(text, "config", saved(Values{config_values(run.config)}));
    for (const HeadState& head : checkpoint.heads) {
        append_section(text, "head", saved(HeadNumbers{head.sent, input_digest(run, head.sequence, head.sent)}));
        append_section(text, "host", head.host);
        append_section(text, "analog", head.analog);
        append_section(text, "rtl", head.rtl);
    }
    return text;
}

Checkpoint parse_checkpoint(std::span<const std::byte> bytes, const std::string& name, const CheckpointRun& run) {
    const std::string file = printable(name);
    SectionReader sections(bytes, file);
    const auto build = sections.read<Build>("build");
    if (build.id != build_id()) {
        throw InputError(fmt::format("{}: was made by build {}, this is build {}: only the same build resumes it", file,
                                     printable(build.id, kShownBytes), build_id()));
    }
    const auto numbers = sections.read<RunNumbers>("run");
    check_config(file, sections.read<Values>("config").all, run.config);
    check_run(file, numbers, run);
    Checkpoint checkpoint{.tokens = numbers.tokens, .heads = {}};
    for (std::size_t head = 0; head < numbers.heads; ++head) {
        const std::string of_head = fmt::format(" of head {}", head);
        const auto head_numbers = sections.read<HeadNumbers>("head", of_head);
        check_head(file, head, head_numbers, numbers.tokens, run);
        checkpoint.heads.push_back({.source = fmt::format("{}: damaged: head {}", file, head),
                                    .sequence = head,
                                    .sent = head_numbers.sent,
                                    .taken = numbers.tokens,
                                    .host = copy(sections.next("host", of_head)),
                                    .analog = copy(sections.next("analog", of_head)),
                                    .rtl = copy(sections.next("rtl", of_head))});
    }
    sections.require_end();
    return checkpoint;
}

Checkpoint read_checkpoint(const std::filesystem::path& file, const CheckpointRun& run) {
    const auto refuse = [&](const std::string& reason) {
        throw InputError(fmt::format("{}: cannot read: {}", printable(file.string()), reason));
    };
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(file, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        refuse(std::filesystem::is_directory(status) ? "is a directory" : "is not a regular file");
    }
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    if (!stream || error) {
        refuse(std::generic_category().message(error ? error.value() : errno));
    }
    if (size > kMaxBytes) {
        refuse(fmt::format("is {} bytes long: at most {}", size, kMaxBytes));
    }
    std::vector<char> text(size);
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    const auto count = static_cast<std::size_t>(stream.gcount());
    return parse_checkpoint(std::as_bytes(std::span(text)).first(count), file.string(), run);
}

CheckpointWriter::CheckpointWriter(const CheckpointOptions& options, const CheckpointRun& run, std::size_t first)
    : options_(options), run_(run), missing_(run.sequences.heads) {
    if (missing_ == 0) {
        throw InputError("--checkpoint-at: the input has no head");
    }
    if (options.tokens <= first || options.tokens > run.sequences.tokens) {
        throw InputError(fmt::format("--checkpoint-at is {}: must be {} to {}, the input's tokens{}", options.tokens,
                                     first + 1, run.sequences.tokens,
                                     first == 0 ? "" : fmt::format("; the run is resumed after {}", first)));
    }
    (void)output_target(options.file);
    checkpoint_.tokens = options.tokens;
    checkpoint_.heads.resize(missing_);
}

void CheckpointWriter::add(HeadState state) {
    const std::lock_guard lock(mutex_);
    const std::size_t head = state.sequence;
    checkpoint_.heads.at(head) = std::move(state);
    if (--missing_ == 0) {
        write_file(options_.file, format_checkpoint(checkpoint_, run_));
    }
}

}  // namespace gca
