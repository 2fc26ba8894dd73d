// Fuzz target: a checkpoint (sim/checkpoint.h), and the engine that resumes it. Behind its CRCs, its build and its
// digests lies what the readers of the inner sections must stand: so the input is a list of alterations of a good file,
// whose CRCs are made right afterwards. A first byte of 1: what follows is the file.
#include "sim/checkpoint.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/rtl_engine.h"
#include "tests/fuzz/target.h"
#include "tests/loop_case.h"

namespace gca::fuzz {

namespace {

constexpr std::size_t kTokens = 14;
constexpr std::size_t kSavedAfter = 9;
constexpr std::size_t kMostAlterations = 16;
constexpr std::size_t kPrefixBytes = 12;
constexpr std::size_t kHeaderBytes = 20;

/// The run that all files belong to, or say that they do.
struct Run {
    LoopCase loop{.head = "tiny", .heads = 2, .tokens = kTokens};
    Config config = configuration(loop);
    std::size_t window = config.geometry.capacity();
    Sequences sequences = random_sequences(loop, config.geometry.dim);
    RtlOptions options{.window = window, .mode = Mode::pipelined, .backpressure = Backpressure::random, .trace = {}};

    void finish(RtlEngine& engine, std::size_t head) const {
        engine.run(
            head, kTokens, [&](std::size_t token) { return sequences.token(head, token); },
            [](std::size_t /*token*/, std::span<const std::int32_t> /*sums*/) {});
    }
    [[nodiscard]] CheckpointRun checkpoint_run() const { return {config, window, sequences}; }
};

struct Section {
    std::string name;  ///< 8 bytes
    std::string payload;
    std::optional<std::uint64_t> declared_length{};  ///< in place of the payload's
};

template <typename Value>
std::string put(Value value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

std::vector<Section> good_sections(const Run& run) {
    Checkpoint checkpoint{.tokens = kSavedAfter, .heads = {}};
    for (std::size_t head = 0; head < run.sequences.heads; ++head) {
        RtlEngine engine(run.config, run.options);
        engine.save_after(kSavedAfter, [&](HeadState state) { checkpoint.heads.push_back(std::move(state)); });
        run.finish(engine, head);
    }
    const std::string file = format_checkpoint(checkpoint, run.checkpoint_run());
    std::vector<Section> sections;
    std::string_view left = std::string_view(file).substr(kPrefixBytes);
    while (!left.empty()) {
        std::uint64_t length = 0;
        std::memcpy(&length, left.substr(8).data(), sizeof length);
        sections.push_back({std::string(left.substr(0, 8)), std::string(left.substr(kHeaderBytes, length))});
        left.remove_prefix(kHeaderBytes + length);
    }
    return sections;
}

std::string file_of(const std::vector<Section>& sections) {
    std::string file = "gcastate" + put(kCheckpointVersion);
    for (const Section& section : sections) {
        const std::string header = section.name + put(section.declared_length.value_or(section.payload.size()));
        const std::string checked = header + section.payload;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): zlib's name of a byte
        const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
        file += header + put(static_cast<std::uint32_t>(crc)) + section.payload;
    }
    return file;
}

/// One alteration: its kind, a section, a place in it, bytes.
void alter(std::vector<Section>& sections, Feed& feed) {
    const std::size_t kind = feed.within(0, 7);
    const std::size_t index = feed.within(0, sections.size() - 1);
    Section& section = sections[index];
    const auto at = static_cast<std::ptrdiff_t>(index);
    const std::size_t place = std::min<std::size_t>(feed.number<std::uint16_t>(), section.payload.size());
    const std::string bytes = text_of(feed.bytes(feed.within(0, 32)));
    switch (kind) {
        case 0:
            section.payload.insert(place, bytes);
            break;
        case 1:
            section.payload.erase(place, bytes.size());
            break;
        case 2:
            section.payload = bytes;
            break;
        case 3:
            section.declared_length = place;
            break;
        case 4:
            section.name.replace(0, std::min<std::size_t>(bytes.size(), 8), bytes.substr(0, 8));
            break;
        case 5:
            std::swap(section, sections[place % sections.size()]);
            break;
        case 6:
            sections.insert(sections.begin() + at, Section(section));
            break;
        default:
            section.payload.replace(place, std::min(bytes.size(), section.payload.size() - place), bytes);
            break;
    }
}

/// Resumes a file that was accepted. Flops and charges that no run leaves behind may end in any of the errors that a
/// broken head ends in; not in a crash, and not never.
void resume(const Run& run, const Checkpoint& checkpoint) {
    for (const HeadState& state : checkpoint.heads) {
        try {
            RtlEngine engine(run.config, run.options, &state);
            run.finish(engine, state.sequence);
        } catch (const BoundaryError&) {
        } catch (const AssertionError&) {
        } catch (const TimeoutError&) {
        }
    }
}

}  // namespace

void try_input(Bytes input) {
    static const Run run;
    static const std::vector<Section> good = good_sections(run);
    Feed feed(input);
    std::string file;
    if (feed.byte() == 1) {
        file = text_of(feed.rest());
    } else {
        std::vector<Section> sections = good;
        for (std::size_t i = 0; i < kMostAlterations && !feed.empty(); ++i) {
            alter(sections, feed);
        }
        file = file_of(sections);
    }
    accepted([&] { resume(run, parse_checkpoint(std::as_bytes(std::span(file)), "F", run.checkpoint_run())); }, "F");
}

}  // namespace gca::fuzz
