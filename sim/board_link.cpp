#include "sim/board_link.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "behavioral/error.h"
#include "sim/interrupt.h"
#include "sim/printable.h"

namespace gca {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// rtl/board/gca_host_link.sv
constexpr std::uint8_t kStart = 0xa7;
constexpr std::uint8_t kInfo = 1;
constexpr std::uint8_t kOpen = 2;
constexpr std::uint8_t kLoad = 3;
constexpr std::uint8_t kToken = 4;
constexpr std::uint8_t kStatus = 5;
constexpr std::uint8_t kAnswer = 0x80;
constexpr std::uint8_t kRefused = 0xff;
constexpr std::uint8_t kNoSession = 1;
constexpr std::uint8_t kProtocol = 1;
constexpr std::size_t kInfoBytes = 16;
constexpr std::size_t kStatusBytes = 16;
constexpr unsigned kLoadCell = 0;
constexpr unsigned kLoadThreshold = 1;
constexpr unsigned kLoadFull = 2;

constexpr std::size_t kHeaderBytes = 6;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kNumbersAFrame = 12;  // at most 31; short frames get through bad lines
constexpr unsigned kBitsAByte = 10;

// The board's own time for a frame, and the pause after which it forgets one, are far below this. Doubled with each
// answer that does not come, and twice what the last answer took: one that is slow (a simulation) is not to drown in
// frames that are sent again.
constexpr milliseconds kAnswerPatience{200};
constexpr milliseconds kMostAnswerPatience{10000};
constexpr milliseconds kReopenPause{50};

void put(std::vector<std::uint8_t>& bytes, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

template <typename Number>
Number get(std::span<const std::uint8_t> bytes, std::size_t at) {
    Number value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        value = static_cast<Number>(value | static_cast<Number>(static_cast<Number>(bytes[at + i]) << (8 * i)));
    }
    return value;
}

std::uint32_t crc_of(std::span<const std::uint8_t> bytes) {
    return static_cast<std::uint32_t>(::crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

}  // namespace

std::vector<std::uint8_t> Frame::encode() const {
    std::vector<std::uint8_t> bytes{kStart, static_cast<std::uint8_t>(payload.size()), command, number};
    put(bytes, session, 2);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    put(bytes, crc_of(std::span(bytes).subspan(1)), kCrcBytes);
    return bytes;
}

void FrameReader::add(std::span<const std::uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<Frame> FrameReader::next() {
    for (;;) {
        bytes_.erase(bytes_.begin(), std::find(bytes_.begin(), bytes_.end(), kStart));
        if (bytes_.size() < 2 || bytes_.size() < kHeaderBytes + bytes_[1] + kCrcBytes) {
            return std::nullopt;
        }
        const std::size_t covered = kHeaderBytes - 1 + bytes_[1];
        const std::span<const std::uint8_t> frame(bytes_);
        if (crc_of(frame.subspan(1, covered)) == get<std::uint32_t>(frame, 1 + covered)) {
            Frame found{
                .command = bytes_[2],
                .number = bytes_[3],
                .session = get<std::uint16_t>(frame, 4),
                .payload = {frame.begin() + kHeaderBytes, frame.begin() + static_cast<std::ptrdiff_t>(1 + covered)}};
            bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(1 + covered + kCrcBytes));
            return found;
        }
        ++damaged_;
        bytes_.erase(bytes_.begin());
    }
}

BoardLink::BoardLink(std::filesystem::path device, unsigned baud, std::chrono::seconds patience)
    : device_(std::move(device)), baud_(baud), patience_(patience) {
    const std::string name = printable(device_.string());
    try {
        port_ = std::make_unique<SerialPort>(device_, baud_);
    } catch (const LineError& error) {
        throw InputError(error.what());
    }
    const Frame question{.command = kInfo, .number = 0, .session = 0, .payload = {}};
    std::optional<Frame> answer;
    for (const auto begin = steady_clock::now(); !answer && steady_clock::now() - begin < patience_;) {
        try {
            port_->write(question.encode());
            answer = wait_for_answer(question, kAnswerPatience);
        } catch (const LineError& error) {
            throw InputError(fmt::format("{}: {}", name, error.what()));
        }
    }
    if (!answer || answer->payload.size() != kInfoBytes) {
        throw InputError(fmt::format("{}: no board answers at {} baud", name, baud_));
    }
    const std::span<const std::uint8_t> info(answer->payload);
    if (info[0] != kProtocol) {
        throw InputError(
            fmt::format("{}: the board speaks protocol {}: this program speaks {}", name, info[0], kProtocol));
    }
    info_ = {.view = {.cell_bits = info[1], .leakage = info[2] != 0},
             .geometry = {.dim = get<std::uint16_t>(info, 3),
                          .tile_tokens = get<std::uint16_t>(info, 5),
                          .tiles = get<std::uint16_t>(info, 7)},
             .query_levels = get<std::uint16_t>(info, 9),
             .store_levels = get<std::uint16_t>(info, 11),
             .output_levels = get<std::uint16_t>(info, 13)};
}

LinkFigures BoardLink::figures() const {
    LinkFigures figures = figures_;
    figures.damaged = reader_.damaged();
    return figures;
}

void BoardLink::open() {
    std::random_device random;
    std::uint16_t session = 0;
    while (session == 0 || session == session_) {
        session = static_cast<std::uint16_t>(random());
    }
    session_ = session;
    number_ = static_cast<std::uint8_t>(random());
    (void)exchange({.command = kOpen, .number = number_, .session = session_, .payload = {}}, 0);
}

void BoardLink::load(const ViewTables& tables) {
    const std::vector<std::uint64_t> cell(tables.cell.begin(), tables.cell.end());
    load(kLoadCell, cell);
    load(kLoadThreshold, tables.thresholds);
    load(kLoadFull, std::span(&tables.full, 1));
}

void BoardLink::load(unsigned kind, std::span<const std::uint64_t> numbers) {
    for (std::size_t first = 0; first < numbers.size(); first += kNumbersAFrame) {
        std::vector<std::uint8_t> payload;
        put(payload, kind, 1);
        put(payload, first, 2);
        for (const std::uint64_t number : numbers.subspan(first, std::min(kNumbersAFrame, numbers.size() - first))) {
            put(payload, number, 8);
        }
        (void)in_session(kLoad, std::move(payload), 0);
    }
}

std::vector<std::int32_t> BoardLink::token(const Codes& codes, bool new_sequence, std::size_t window) {
    std::vector<std::uint8_t> payload;
    put(payload, new_sequence ? 1 : 0, 1);
    put(payload, window, 2);
    for (std::size_t row = 0; row < codes.query.size(); ++row) {
        put(payload, codes.query[row], 1);
        put(payload, codes.key[row] | static_cast<unsigned>(codes.value[row]) << 4U, 1);
    }
    const std::vector<std::uint8_t> answer = in_session(kToken, std::move(payload), 2 * codes.query.size());
    std::vector<std::int32_t> sums;
    for (std::size_t at = 0; at < answer.size(); at += 2) {
        sums.push_back(static_cast<std::int16_t>(get<std::uint16_t>(answer, at)));
    }
    return sums;
}

BoardStatus BoardLink::status() {
    const std::vector<std::uint8_t> answer = in_session(kStatus, {}, kStatusBytes);
    return {.tokens = get<std::uint32_t>(answer, 0),
            .saturated = get<std::uint32_t>(answer, 4),
            .wrong_crc = get<std::uint16_t>(answer, 8),
            .cut_short = get<std::uint16_t>(answer, 10),
            .bad_stop_bit = get<std::uint16_t>(answer, 12),
            .repeated = get<std::uint16_t>(answer, 14)};
}

std::vector<std::uint8_t> BoardLink::in_session(std::uint8_t command, std::vector<std::uint8_t> payload,
                                                std::size_t answer_size) {
    ++number_;
    return exchange({.command = command, .number = number_, .session = session_, .payload = std::move(payload)},
                    answer_size);
}

std::vector<std::uint8_t> BoardLink::exchange(const Frame& frame, std::size_t answer_size) {
    const std::vector<std::uint8_t> bytes = frame.encode();
    const std::size_t bits = (bytes.size() + kHeaderBytes + answer_size + kCrcBytes) * kBitsAByte;
    const auto end = steady_clock::now() + patience_;
    milliseconds patience =
        std::clamp(2 * last_answer_, kAnswerPatience, kMostAnswerPatience) + milliseconds(1000 * bits / baud_);
    std::string why = "no answer";
    for (unsigned repeats = 0; steady_clock::now() < end; ++repeats) {
        figures_.repeats += repeats > 0 ? 1U : 0U;
        try {
            if (!port_) {
                port_ = std::make_unique<SerialPort>(device_, baud_);
            }
            if (repeats > 0) {
                port_->discard_input();
                reader_.clear();
            }
            port_->write(bytes);
            const auto sent = steady_clock::now();
            const auto left = std::chrono::duration_cast<milliseconds>(end - sent);
            if (const std::optional<Frame> answer = wait_for_answer(frame, std::min(left, patience))) {
                ++figures_.frames;
                last_answer_ = std::chrono::duration_cast<milliseconds>(steady_clock::now() - sent);
                return judge(frame, *answer, answer_size);
            }
            patience = std::min(2 * patience, kMostAnswerPatience);
            why = "no answer";
        } catch (const LineError& error) {
            figures_.reopened += port_ ? 1U : 0U;
            port_.reset();
            reader_.clear();
            why = error.what();
            check_interrupt();
            std::this_thread::sleep_for(kReopenPause);
        }
    }
    throw BoardError(fmt::format("{}: given up after {} s: {}", printable(device_.string()), patience_.count(), why));
}

std::optional<Frame> BoardLink::wait_for_answer(const Frame& frame, milliseconds patience) {
    const auto end = steady_clock::now() + patience;
    std::array<std::uint8_t, 512> buffer{};
    for (;;) {
        while (std::optional<Frame> answer = reader_.next()) {
            const bool fits = answer->command == (frame.command | kAnswer) || answer->command == kRefused;
            if (fits && answer->number == frame.number && answer->session == frame.session) {
                return answer;
            }
        }
        const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
        if (left.count() <= 0) {
            return std::nullopt;
        }
        reader_.add(port_->read(buffer, left));
    }
}

std::vector<std::uint8_t> BoardLink::judge(const Frame& frame, const Frame& answer, std::size_t answer_size) const {
    if (answer.command == kRefused) {
        const unsigned reason = answer.payload.empty() ? 0U : answer.payload[0];
        if (reason == kNoSession) {
            throw SessionLost(fmt::format("{}: the board was reset", printable(device_.string())));
        }
        throw BoardError(fmt::format("{}: the board refuses command {}: reason {}", printable(device_.string()),
                                     frame.command, reason));
    }
    if (answer.payload.size() != answer_size) {
        throw BoardError(fmt::format("{}: the answer to command {} has {} bytes: expected {}",
                                     printable(device_.string()), frame.command, answer.payload.size(), answer_size));
    }
    return answer.payload;
}

}  // namespace gca
