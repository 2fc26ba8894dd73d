// The file of a checkpoint: what it refuses, in which words, and that no bytes whatsoever crash its reader.
#include "sim/checkpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "behavioral/error.h"
#include "sim/build_id.h"
#include "sim/rtl_engine.h"
#include "sim/run.h"
#include "tests/loop_case.h"

namespace gca {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTokens = 12;  // results before the checkpoint

/// A section by the description in sim/checkpoint.h.
struct Section {
    std::string name;
    std::string payload;
};

template <typename Value>
Value get(std::string_view bytes) {
    Value value{};
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

template <typename Value>
std::string put(Value value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

constexpr std::size_t kPrefix = 12;
constexpr std::size_t kHeader = 20;

std::vector<Section> sections_of(std::string_view bytes) {
    std::vector<Section> sections;
    bytes.remove_prefix(kPrefix);
    while (!bytes.empty()) {
        const auto length = get<std::uint64_t>(bytes.substr(8));
        const std::string_view name = bytes.substr(0, 8);
        sections.push_back({std::string(name.substr(0, name.find('\0'))), std::string(bytes.substr(kHeader, length))});
        bytes.remove_prefix(kHeader + length);
    }
    return sections;
}

std::string file_of(const std::vector<Section>& sections) {
    std::string bytes = "gcastate" + put<std::uint32_t>(1);
    for (const Section& section : sections) {
        std::string name = section.name;
        name.resize(8);
        const std::string header = name + put<std::uint64_t>(section.payload.size());
        const std::string checked = header + section.payload;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): zlib's name of a byte
        const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
        bytes += header + put(static_cast<std::uint32_t>(crc)) + section.payload;
    }
    return bytes;
}

class CheckpointFile : public testing::Test {
 protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "gca_checkpoint_XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        RunOptions options{
            .mode = Mode::pipelined, .backpressure = Backpressure::random, .check = Check::never, .trace = {}};
        options.checkpoint = {.tokens = kTokens, .file = file()};
        std::atomic<std::uint64_t> progress{0};
        (void)run(config_, sequences_, options, progress);
        std::ifstream stream(file(), std::ios::binary);
        good_ = {std::istreambuf_iterator<char>(stream), {}};
        ASSERT_EQ(refusal(good_), "no error");
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] fs::path file() const { return folder_ / "state"; }

    [[nodiscard]] Checkpoint parse(std::string_view bytes) const {
        return parse_checkpoint(std::as_bytes(std::span(bytes)), "F", {config_, window_, sequences_});
    }
    [[nodiscard]] std::string refusal(std::string_view bytes) const {
        try {
            (void)parse(bytes);
        } catch (const InputError& error) {
            EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string::npos) << error.what();
            return error.what();
        }
        return "no error";
    }
    /// The good file with another section of this name.
    [[nodiscard]] std::string with(std::string_view name, const std::function<void(std::string&)>& change) const {
        std::vector<Section> sections = sections_of(good_);
        const auto found = std::find_if(sections.begin(), sections.end(),
                                        [&](const Section& section) { return section.name == name; });
        change(found->payload);
        return file_of(sections);
    }
    /// What happens when a file that is accepted is resumed.
    [[nodiscard]] std::string outcome(std::string_view bytes) const {
        try {
            const Checkpoint checkpoint = parse(bytes);
            for (const HeadState& state : checkpoint.heads) {
                RtlEngine engine(config_, {.window = window_, .backpressure = Backpressure::random, .trace = {}},
                                 &state);
                engine.run(
                    state.sequence, sequences_.tokens,
                    [&](std::size_t token) { return sequences_.token(state.sequence, token); },
                    [](std::size_t, std::span<const std::int32_t>) {});
            }
        } catch (const std::exception& error) {
            return error.what();
        }
        return "no error";
    }

    // NOLINTBEGIN(misc-non-private-member-variables-in-classes): a fixture's, its tests derive from it
    LoopCase case_{.head = "tiny", .heads = 2, .tokens = 20};
    Config config_ = configuration(case_);
    std::size_t window_ = config_.geometry.capacity();
    Sequences sequences_ = random_sequences(case_, config_.geometry.dim);
    fs::path folder_;
    std::string good_;
    // NOLINTEND(misc-non-private-member-variables-in-classes)
};

TEST_F(CheckpointFile, IsWhatItsDescriptionSays) {
    const std::vector<Section> sections = sections_of(good_);
    std::string names;
    for (const Section& section : sections) {
        names += section.name + " ";
    }
    EXPECT_EQ(names, "build run config head host analog rtl head host analog rtl ");
    EXPECT_EQ(sections[0].payload, put<std::uint64_t>(build_id().size()) + std::string(build_id()));
    EXPECT_EQ(sections[1].payload, put<std::uint64_t>(kTokens) + put<std::uint64_t>(2) + put<std::uint64_t>(window_));
    EXPECT_EQ(file_of(sections), good_);
    EXPECT_EQ(format_checkpoint(parse(good_), {config_, window_, sequences_}), good_);
}

TEST_F(CheckpointFile, CutShortAnywhereIsRefused) {
    for (std::size_t length = 0; length < good_.size(); ++length) {
        const std::string message = refusal(std::string_view(good_).substr(0, length));
        EXPECT_NE(message.find(length < 8 ? "F: is no checkpoint of gca" : "F: cut short: "), std::string::npos)
            << length << ": " << message;
    }
    EXPECT_EQ(refusal(good_ + "x"), "F: damaged: 1 bytes behind the last section");
}

TEST_F(CheckpointFile, AnyByteThatIsWrongIsNoticed) {
    std::string bytes = good_;
    for (char& byte : bytes) {
        for (const int flip : {0x01, 0x80, 0xff}) {
            const char was = byte;
            byte = static_cast<char>(byte ^ flip);
            EXPECT_NE(refusal(bytes), "no error") << "byte " << &byte - bytes.data();
            byte = was;
        }
    }
}

TEST_F(CheckpointFile, LengthsAreNotBelieved) {
    const std::vector<Section> sections = sections_of(good_);
    std::size_t position = kPrefix;
    for (const Section& section : sections) {
        for (const std::uint64_t length :
             {std::uint64_t{0}, std::uint64_t{section.payload.size() + 1}, std::uint64_t{1} << 32U, UINT64_MAX}) {
            std::string bytes = good_;
            bytes.replace(position + 8, 8, put(length));
            EXPECT_NE(refusal(bytes), "no error") << section.name << " of " << length;
        }
        position += kHeader + section.payload.size();
    }
    std::string bytes = good_.substr(0, 1000);
    bytes.replace(kPrefix + 8, 8, put(std::uint64_t{1} << 32U));
    EXPECT_EQ(refusal(bytes), "F: cut short: section build needs 4294967296 bytes, there are 968");
    bytes = with("config", [](std::string& payload) { payload.replace(0, 8, put(UINT64_MAX)); });
    EXPECT_NE(refusal(bytes).find("F: damaged: section config: key needs"), std::string::npos) << refusal(bytes);
    bytes = with("config", [](std::string& payload) { payload.replace(8, 8, put(UINT64_MAX)); });
    EXPECT_NE(refusal(bytes).find("F: damaged: section config: key needs 18446744073709551615"), std::string::npos);
}

TEST_F(CheckpointFile, WhatItBelongsToIsNamed) {
    EXPECT_EQ(refusal("PK\3\4 a zip file"), "F: is no checkpoint of gca");
    std::string other = good_;
    other[8] = 2;
    EXPECT_EQ(refusal(other), "F: is a checkpoint of format 2: this build reads format 1");
    EXPECT_EQ(refusal(with("build", [](std::string& payload) { payload.replace(8, 16, "0123456789abcdef"); })),
              fmt::format("F: was made by build 0123456789abcdef, this is build {}: only the same build resumes it",
                          build_id()));

    const Config ours = config_;
    config_.leakage.decay_per_token = 0.25;
    EXPECT_EQ(refusal(good_), "F: leakage.decay_per_token is 0.01 in the checkpoint, 0.25 here");
    config_ = ours;
    config_.cell.model = CellModel::polynomial;
    config_.cell.coefficients = {1.0};
    EXPECT_EQ(refusal(good_), "F: cell.model is \"cubic\" in the checkpoint, \"polynomial\" here");
    config_ = ours;
    config_.geometry.dim = 12;
    EXPECT_EQ(refusal(good_), "F: geometry.dim is 8 in the checkpoint, 12 here");
    config_ = ours;
    window_ = 5;
    EXPECT_EQ(refusal(good_), "F: --window is 16 in the checkpoint, 5 here");
}

TEST_F(CheckpointFile, TheInputMustBeginAsItDid) {
    const Sequences ours = sequences_;
    const std::size_t dim = config_.geometry.dim;
    const std::size_t sent = parse(good_).heads[1].sent;
    ASSERT_GT(sent, kTokens) << "the checkpoint has no token in flight";
    for (std::vector<double> Sequences::*values : {&Sequences::q, &Sequences::k, &Sequences::v}) {
        for (const std::size_t token : {std::size_t{0}, sent - 1}) {
            double& value = (sequences_.*values)[(sequences_.tokens + token) * dim + 3];
            value = value > 0.4 ? 0.0 : 0.8;
            EXPECT_EQ(
                refusal(good_),
                fmt::format("F: head 1 has accepted other tokens than the input's first {}: must be the same", sent));
            sequences_ = ours;
        }
        (sequences_.*values)[(sequences_.tokens + sent) * dim] = 0.4321;
        EXPECT_EQ(refusal(good_), "no error");
        sequences_ = ours;
    }
    sequences_.heads = 1;
    EXPECT_EQ(refusal(good_), "F: has 2 heads, the input has 1: must be as many");
    sequences_ = ours;
    for (std::vector<double> Sequences::*values : {&Sequences::q, &Sequences::k, &Sequences::v}) {
        std::vector<double>& all = sequences_.*values;  // the first tokens of each head
        all.erase(all.begin() + static_cast<std::ptrdiff_t>((ours.tokens + sent - 1) * dim), all.end());
        all.erase(all.begin() + static_cast<std::ptrdiff_t>((sent - 1) * dim),
                  all.begin() + static_cast<std::ptrdiff_t>(ours.tokens * dim));
    }
    sequences_.tokens = sent - 1;
    EXPECT_EQ(refusal(good_),
              fmt::format("F: head 1 has accepted {} tokens, the input has {}: must have them all", sent, sent - 1));
}

// A CRC is no signature: sections that are wrong and have the right CRC.

TEST_F(CheckpointFile, SectionsMissingTwiceOrElsewhereAreRefused) {
    const std::vector<Section> sections = sections_of(good_);
    for (std::size_t i = 0; i < sections.size(); ++i) {
        std::vector<Section> changed = sections;
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_NE(refusal(file_of(changed)), "no error") << "without section " << i;
        changed = sections;
        changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i), sections[i]);
        EXPECT_NE(refusal(file_of(changed)), "no error") << "section twice: " << i;
    }
    EXPECT_EQ(refusal(file_of({sections[1]})), "F: damaged: section build is not where it should be");
}

TEST_F(CheckpointFile, StatesOfAnotherLengthAreRefused) {
    for (const char* name : {"host", "analog", "rtl"}) {
        for (const char* more : {"", "x"}) {
            const std::string bytes = with(
                name, [&](std::string& payload) { *more == '\0' ? payload.pop_back() : payload.push_back(*more); });
            EXPECT_NE(outcome(bytes).find(fmt::format("F: damaged: head 0: {}: ", name)), std::string::npos)
                << outcome(bytes);
        }
    }
}

TEST_F(CheckpointFile, AHostThatHadWaitedGoesOnWaiting) {
    const std::uint64_t patience = std::uint64_t{4} * 65;
    const auto waited = [&](std::uint64_t cycles) {
        return outcome(with("host", [&](std::string& payload) { payload.replace(16, 8, put(cycles)); }));
    };
    EXPECT_EQ(waited(0), "no error");
    EXPECT_NE(waited(patience + 1).find("nothing accepted or delivered for 261 cycles, token 12 is due"),
              std::string::npos)
        << waited(patience + 1);
    EXPECT_EQ(waited(patience + 2), "F: damaged: head 0: host: idle cycles is 262: must be 0 to 261");
}

TEST_F(CheckpointFile, NoValueWhatsoeverCrashesTheReader) {
    for (const Section& section : sections_of(good_)) {
        for (std::size_t i = 0; i < section.payload.size(); ++i) {
            for (const char value : {'\0', '\1', '\x7f', '\xff'}) {
                (void)refusal(with(section.name, [&](std::string& payload) { payload[i] = value; }));
            }
        }
    }
}

TEST_F(CheckpointFile, NoHostAndNoAnalogSideWhatsoeverCrashesTheEngine) {
    std::size_t refused = 0;
    std::size_t tried = 0;
    const HeadState good = parse(good_).heads[0];
    for (const auto& [name, length] : {std::pair("host", good.host.size()), std::pair("analog", good.analog.size())}) {
        // Thousands of bytes of the host are the digits of its random numbers.
        for (std::size_t i = 0; i < length; i += name == std::string_view("host") && i > 200 ? 41 : 1) {
            for (const char value : {'\0', '\xff'}) {
                const std::string bytes = with(name, [&](std::string& payload) { payload[i] = value; });
                refused += outcome(bytes).find("F: damaged: ") == 0 ? 1U : 0U;
                ++tried;
            }
        }
    }
    EXPECT_GT(refused, 0);
    EXPECT_LT(refused, tried);
}

TEST_F(CheckpointFile, FlopsWithBitsThatTheyDoNotHaveAreRefused) {
    const std::size_t length = parse(good_).heads[0].rtl.size();
    std::size_t refused = 0;
    for (std::size_t i = 0; i < length; ++i) {
        const std::string message = outcome(with("rtl", [&](std::string& payload) { payload[i] = '\xff'; }));
        const std::string expected = fmt::format("F: damaged: head 0: rtl: byte {} of the flops is 255: must ", i);
        refused += message.starts_with(expected) ? 1U : 0U;
    }
    EXPECT_GT(refused, length / 4) << "most flops are single bits";
    EXPECT_LT(refused, length) << "some are vectors of eight bits and more";
}

TEST_F(CheckpointFile, IsReadFromAFileOnly) {
    const CheckpointRun run{config_, window_, sequences_};
    const auto message = [&](const fs::path& path) -> std::string {
        try {
            (void)read_checkpoint(path, run);
        } catch (const InputError& error) {
            return error.what();
        }
        return "no error";
    };
    EXPECT_EQ(message(file()), "no error");
    EXPECT_EQ(message(folder_ / "none"), (folder_ / "none").string() + ": cannot read: No such file or directory");
    EXPECT_EQ(message(folder_), folder_.string() + ": cannot read: is a directory");
    EXPECT_EQ(message("/dev/zero"), "/dev/zero: cannot read: is not a regular file");
    std::ofstream(folder_ / "empty").close();
    EXPECT_EQ(message(folder_ / "empty"), (folder_ / "empty").string() + ": is no checkpoint of gca");
    std::ofstream(folder_ / "huge").close();
    fs::resize_file(folder_ / "huge", std::uintmax_t{1} << 40U);
    EXPECT_EQ(message(folder_ / "huge"),
              (folder_ / "huge").string() + ": cannot read: is 1099511627776 bytes long: at most 8589934592");
}

}  // namespace
}  // namespace gca
