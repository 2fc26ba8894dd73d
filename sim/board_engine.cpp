#include "sim/board_engine.h"

#include <fmt/format.h>

#include <chrono>

#include "behavioral/codec.h"
#include "behavioral/error.h"
#include "sim/printable.h"

namespace gca {

namespace {
// Sessions lost without a new result between them: the board does not stay up.
constexpr std::size_t kMostLost = 5;
}  // namespace

BoardEngine::BoardEngine(const Config& config, std::size_t window, const BoardOptions& options)
    : config_(config),
      window_(window),
      device_(printable(options.port.string())),
      link_(options.port, options.baud, std::chrono::seconds(options.patience_s)) {
    const BoardInfo& board = link_.info();
    require("geometry.dim", config.geometry.dim, board.geometry.dim);
    require("geometry.tile_tokens", config.geometry.tile_tokens, board.geometry.tile_tokens);
    require("geometry.tiles", config.geometry.tiles, board.geometry.tiles);
    require("quantization.query_levels", config.quantization.query_levels, board.query_levels);
    require("quantization.store_levels", config.quantization.store_levels, board.store_levels);
    require("quantization.output_levels", config.quantization.output_levels, board.output_levels);
    if (board.view.cell_bits != 0) {
        tables_ = view_tables(config, board.view);
    }
    codes_ = {.query = std::vector<std::uint8_t>(config.geometry.dim),
              .key = std::vector<std::uint8_t>(config.geometry.dim),
              .value = std::vector<std::uint8_t>(config.geometry.dim)};
    for (;;) {
        try {
            begin_session();
            return;
        } catch (const SessionLost&) {
            note_lost(0);
        }
    }
}

void BoardEngine::require(const char* name, std::size_t configured, std::size_t built) const {
    if (configured != built) {
        throw InputError(fmt::format("{} is {}: the board at {} was built for {}", name, configured, device_, built));
    }
}

void BoardEngine::begin_session() {
    link_.open();
    if (link_.info().view.cell_bits != 0) {
        link_.load(tables_);
    }
}

std::vector<std::int32_t> BoardEngine::send(const Token& token, bool first) {
    encode(token.q, 1.0, config_.quantization.query_levels, codes_.query);
    encode(token.k, kSupplyV, config_.quantization.store_levels, codes_.key);
    encode(token.v, kSupplyV, config_.quantization.store_levels, codes_.value);
    return link_.token({.query = codes_.query, .key = codes_.key, .value = codes_.value}, first, window_);
}

void BoardEngine::note_lost(std::size_t done) {
    ++sessions_lost_;
    lost_in_a_row_ = done == done_when_lost_ ? lost_in_a_row_ + 1 : 1;
    done_when_lost_ = done;
    if (lost_in_a_row_ == kMostLost) {
        throw BoardError(fmt::format("{}: the board was reset {} times without a result between", device_, kMostLost));
    }
}

void BoardEngine::run(std::size_t tokens, const TokenSource& token, const ResultSink& result) {
    results_.clear();
    lost_in_a_row_ = 0;
    bool lost = false;
    for (std::size_t next = 0; next < tokens;) {
        try {
            if (lost) {
                begin_session();
                lost = false;
                next = 0;
            }
            const std::vector<std::int32_t> sums = send(token(next), next == 0);
            if (next < results_.size()) {
                if (sums != results_[next]) {
                    throw BoardError(
                        fmt::format("{}: token {} gave another result when it was sent again after a "
                                    "reset of the board",
                                    device_, next));
                }
            } else {
                results_.push_back(sums);
                result(next, sums);
            }
            ++next;
        } catch (const SessionLost&) {
            note_lost(results_.size());
            lost = true;
        }
    }
}

BoardFigures BoardEngine::figures() {
    BoardFigures figures{.link = {}, .status = {}, .sessions_lost = sessions_lost_, .margin = tables_.margin};
    try {
        figures.status = link_.status();
    } catch (const SessionLost&) {
        ++figures.sessions_lost;  // after the last result: the counters are gone, the results are not
    }
    figures.link = link_.figures();
    return figures;
}

}  // namespace gca
