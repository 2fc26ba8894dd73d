// The host's side of a board (rtl/board/gca_host_link.sv): frames over a serial line that may damage, lose or cut them.
//
// Every command is sent again until its answer has come whole; an answer that belongs to another command, number or
// session is passed over. A line that is gone is opened anew. What is given back has come with a right CRC.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/view_tables.h"
#include "sim/serial_port.h"

namespace gca {

/// No answer, or one that makes no sense.
class BoardError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// The board does not know the session: it was reset.
class SessionLost : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// What a board was built for.
struct BoardInfo {
    ViewFormat view;  ///< of no bits: the analog side is outside the board, with a cell of its own
    Geometry geometry;
    unsigned query_levels = 0;
    unsigned store_levels = 0;
    unsigned output_levels = 0;
};

/// The board's counters since its reset; those of 16 bits wrap.
struct BoardStatus {
    std::uint32_t tokens = 0;
    std::uint32_t saturated = 0;  ///< counters that ended full
    std::uint16_t wrong_crc = 0;
    std::uint16_t cut_short = 0;
    std::uint16_t bad_stop_bit = 0;
    std::uint16_t repeated = 0;  ///< frames that were answered again and not done again
};

/// What the link has done.
struct LinkFigures {
    std::uint64_t frames = 0;    ///< commands answered
    std::uint64_t repeats = 0;   ///< frames sent again
    std::uint64_t damaged = 0;   ///< answers with a wrong CRC
    std::uint64_t reopened = 0;  ///< times the line was gone
};

/// One frame, as both sides send it.
struct Frame {
    std::uint8_t command = 0;
    std::uint8_t number = 0;
    std::uint16_t session = 0;
    std::vector<std::uint8_t> payload;

    [[nodiscard]] std::vector<std::uint8_t> encode() const;
};

/// Frames out of a stream of bytes. Bytes that are none are passed over.
class FrameReader {
 public:
    void add(std::span<const std::uint8_t> bytes);
    /// The next whole frame, if there is one.
    [[nodiscard]] std::optional<Frame> next();
    /// Forgets what is no frame yet.
    void clear() { bytes_.clear(); }
    [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
    std::vector<std::uint8_t> bytes_;
    std::uint64_t damaged_ = 0;
};

class BoardLink {
 public:
    /// Throws InputError where no board of a known protocol answers within `patience`; later such silence is a
    /// BoardError.
    BoardLink(std::filesystem::path device, unsigned baud, std::chrono::seconds patience);

    [[nodiscard]] const BoardInfo& info() const { return info_; }
    [[nodiscard]] LinkFigures figures() const;

    /// Begins a session: the head is reset.
    void open();
    /// The functions below throw SessionLost where the board was reset.
    void load(const ViewTables& tables);
    struct Codes {
        std::span<const std::uint8_t> query, key, value;
    };
    /// Gives the token's sums.
    [[nodiscard]] std::vector<std::int32_t> token(const Codes& codes, bool new_sequence, std::size_t window);
    [[nodiscard]] BoardStatus status();

 private:
    void load(unsigned kind, std::span<const std::uint64_t> numbers);
    [[nodiscard]] std::vector<std::uint8_t> in_session(std::uint8_t command, std::vector<std::uint8_t> payload,
                                                       std::size_t answer_size);
    [[nodiscard]] std::vector<std::uint8_t> exchange(const Frame& frame, std::size_t answer_size);
    [[nodiscard]] std::optional<Frame> wait_for_answer(const Frame& frame, std::chrono::milliseconds patience);
    [[nodiscard]] std::vector<std::uint8_t> judge(const Frame& frame, const Frame& answer,
                                                  std::size_t answer_size) const;

    std::filesystem::path device_;
    unsigned baud_;
    std::chrono::seconds patience_;
    std::unique_ptr<SerialPort> port_;
    FrameReader reader_;
    BoardInfo info_;
    std::uint16_t session_ = 0;
    std::uint8_t number_ = 0;
    LinkFigures figures_;
    std::chrono::milliseconds last_answer_{0};  ///< from the frame that was answered
};

}  // namespace gca
