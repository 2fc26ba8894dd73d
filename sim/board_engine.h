// The board engine: a head on an FPGA board at a serial line. A board that is reset in mid-sequence, or loses its
// power, is given the sequence again from its first token on; results that come twice must be equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/head.h"
#include "behavioral/view_tables.h"
#include "sim/board_link.h"

namespace gca {

struct BoardOptions {
    std::filesystem::path port;
    unsigned baud = 115200;
    unsigned patience_s = 10;  ///< so long the board may be silent, or its line gone, before the run is given up
};

/// What became of a run on a board.
struct BoardFigures {
    LinkFigures link;
    BoardStatus status;
    std::uint64_t sessions_lost = 0;
    double margin = 0.0;  ///< ViewTables::margin
};

class BoardEngine {
 public:
    /// Throws InputError where there is no board, or one of another geometry, other levels, or without leakage.
    BoardEngine(const Config& config, std::size_t window, const BoardOptions& options);

    using TokenSource = std::function<Token(std::size_t)>;
    using ResultSink = std::function<void(std::size_t, std::span<const std::int32_t>)>;

    /// Sends one new sequence and gives all its results, in order. Throws BoardError.
    void run(std::size_t tokens, const TokenSource& token, const ResultSink& result);

    /// Asks the board for its counters.
    [[nodiscard]] BoardFigures figures();

 private:
    struct Codes {
        std::vector<std::uint8_t> query, key, value;
    };

    void require(const char* name, std::size_t configured, std::size_t built) const;
    void begin_session();
    [[nodiscard]] std::vector<std::int32_t> send(const Token& token, bool first);
    /// Counts a lost session; too many in a row are an error.
    void note_lost(std::size_t done);

    Config config_;
    std::size_t window_;
    std::string device_;
    BoardLink link_;
    ViewTables tables_;
    Codes codes_;
    std::vector<std::vector<std::int32_t>> results_;  ///< of the sequence under way
    std::uint64_t sessions_lost_ = 0;
    std::size_t lost_in_a_row_ = 0;
    std::size_t done_when_lost_ = 0;
};

}  // namespace gca
