// Drives gca_head at its pins and compares every output in every cycle with the contract in its header.
//
// Cycle n ends with edge n. A small digital stub stands for the analog side: half a clock after an emit phase began it
// raises one pulse an output, of a width that the test chose, and sets the signs. So nothing here knows any attention:
// what must come out is sign times count of what went in.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "behavioral/time_base.h"
#include "module_test.h"

namespace gca::module_test {

/// One pulse of the second charge-to-pulse stage, in eighths of a cycle. It begins with the emit phase.
struct Pulse {
    unsigned eighths = 0;
    bool negative = false;
};

/// What the stub does.
struct Analog {
    /// The pulse of output `e` of sub-tile `t`, asked when a token is accepted. None: whole cycles and signs at random.
    std::function<Pulse(std::size_t t, std::size_t e)> pulse;
    bool noise = false;    ///< pulses at random wherever no token is emitted
    bool eighths = false;  ///< moves the pulses in eighths of a cycle, not only half a clock after each edge
};

/// What the host does in one cycle.
struct Host {
    bool pipelined = true;
    bool offers = false;  ///< a token, whose codes are drawn at random
    bool takes = true;
    bool new_sequence = false;
    unsigned window = 0;
    bool clears = false;  ///< the status
};

/// What happened at the edge that ended the cycle.
struct Event {
    bool accepted = false;
    bool taken = false;
};

template <typename Build>
class HeadDriver {
 public:
    static constexpr unsigned kDim = Build::kDim;
    static constexpr unsigned kTiles = Build::kTiles;
    static constexpr unsigned kColumns = Build::kTileTokens * kTiles;
    static constexpr unsigned kMax = Build::kOutLevels - 1;  // the highest count, and the cycles of an emit phase
    static constexpr unsigned kLargestWindow = (1U << clog2(kColumns + 1)) - 1;  // that window_i can say

    explicit HeadDriver(Bench<Build>& bench, Analog analog = {}) : bench_(bench), analog_(std::move(analog)) {
        reset(false);
    }

    Event tick(const Host& host) {
        drive_host(host);
        drive_analog(4);
        bench_.settle();
        check(host);
        for (unsigned eighth = 5; analog_.eighths && eighth < 8; ++eighth) {
            drive_analog(eighth);
            bench_.settle();
        }
        const Event event{.accepted = host.offers && bench_->token_ready_o != 0,
                          .taken = host.takes && bench_->result_valid_o != 0};
        advance(host, event);
        bench_.rise();
        for (unsigned eighth = 0; analog_.eighths && eighth < 4; ++eighth) {
            drive_analog(eighth);
            bench_.settle();
        }
        bench_.fall();
        return event;
    }

    /// No token is offered meanwhile; everything else is at random.
    void reset(bool clock_high) {
        drive_host({.pipelined = bench_.chance(50), .takes = bench_.chance(50)});
        bench_.randomize(bench_->ana_pulse_i, kPulses);
        bench_.randomize(bench_->ana_sign_i, kPulses);
        tokens_.clear();
        accepted_ = taken_ = 0;
        last_score_.reset();
        sequence_ = window_ = 0;
        status_tokens_ = status_full_ = 0;
        scan_begin_ = -kScanCycles;
        bench_.reset(clock_high, [&] { check_emptied(); });
    }

    struct Edges {
        std::vector<std::int64_t> accepted, taken;
    };

    /// Offers and takes `tokens` tokens as fast as the head allows. A head that stops is a failure.
    Edges stream(Host host, std::size_t tokens) {
        Edges edges;
        const std::int64_t end = bench_.cycle() + (static_cast<std::int64_t>(tokens) + 4) * kLatency;
        host.takes = true;
        while (edges.taken.size() < tokens && bench_.cycle() < end) {
            const std::int64_t edge = bench_.cycle();
            host.offers = edges.accepted.size() < tokens;
            const Event event = tick(host);
            if (event.accepted) {
                edges.accepted.push_back(edge);
                host.new_sequence = false;
            }
            if (event.taken) {
                edges.taken.push_back(edge);
            }
        }
        bench_.equal(tokens, edges.taken.size(), "S8 tokens taken");
        return edges;
    }

    /// Takes what is left, then waits until the status is complete.
    void drain(bool pipelined) {
        for (std::int64_t i = 0; i < 5 * kLatency && !tokens_.empty(); ++i) {
            tick({.pipelined = pipelined});
        }
        bench_.equal(accepted_, taken_, "S8 tokens taken after the last was accepted");
        for (std::int64_t i = 0; i <= kScanCycles; ++i) {
            tick({.pipelined = pipelined, .takes = false});
        }
    }

    [[nodiscard]] std::int64_t accepted() const { return accepted_; }
    [[nodiscard]] std::int64_t taken() const { return taken_; }
    /// Full counters of all tokens since the last clear.
    [[nodiscard]] std::uint32_t full() const { return status_full_; }
    /// Sets both status counters.
    void put_status(std::uint32_t tokens, std::uint32_t full) {
        bench_.stop_assertions();
        bench_->status_tokens_o = status_tokens_ = tokens;
        bench_->status_saturated_o = status_full_ = full;
    }

    static constexpr Schedule kSchedule = Schedule::of_levels(Build::kQueryLevels, Build::kOutLevels);
    static constexpr std::int64_t kLatency = kSchedule.latency();
    static constexpr std::int64_t kInterval = kSchedule.interval();

 private:
    static constexpr unsigned kQueryW = clog2(Build::kQueryLevels);
    static constexpr unsigned kStoreW = clog2(Build::kStoreLevels);
    static constexpr unsigned kSumW = clog2(kTiles * kMax + 1) + 1;
    static constexpr std::size_t kPulses = std::size_t{kTiles} * kDim;
    static constexpr unsigned kDischarge = 5;
    static constexpr std::int64_t kScanCycles = kSchedule.interval() - kSchedule.emit_cycles + 1;
    static_assert(std::int64_t{kTiles} <= kScanCycles, "the driver expects one sub-tile in each cycle of a scan");

    // The phases of a token, by their first cycles. Load follows acceptance, the others follow `score`.
    struct Token {
        std::int64_t number = 0;
        std::int64_t load = 0;
        std::optional<std::int64_t> score;
        unsigned column = 0;
        unsigned held = 0;  // the columns 0 to held-1 hold a token of its sequence
        std::vector<unsigned> query, key, value;
        std::vector<Pulse> pulses;
        std::vector<int> sums = std::vector<int>(kDim, 0);
        std::array<unsigned, kTiles> full{};  // full counters by sub-tile

        [[nodiscard]] std::int64_t mix() const { return score.value_or(kNever) + kSchedule.score_cycles; }
        [[nodiscard]] std::int64_t emit() const { return mix() + kSchedule.mix_cycles; }
        [[nodiscard]] std::int64_t result() const { return emit() + kSchedule.emit_cycles + 4; }
        /// When the first full counters are added. Popcounts look at the last sample itself, counters at what has
        /// counted it.
        [[nodiscard]] std::int64_t scan() const { return result() - (Build::kReadoutStyle == 0 ? 0 : 1); }
    };
    static constexpr std::int64_t kNever = std::int64_t{1} << 50;

    [[nodiscard]] std::int64_t now() const { return bench_.cycle(); }
    [[nodiscard]] bool within(std::int64_t begin, std::int64_t cycles) const {
        return now() >= begin && now() < begin + cycles;
    }

    // ---- inputs

    void drive_host(const Host& host) {
        bench_->pipelined_i = host.pipelined;
        bench_->status_clear_i = host.clears;
        bench_->token_valid_i = host.offers;
        bench_->result_ready_i = host.takes;
        // Without a token, and window_i without a new sequence, anything.
        bench_->new_sequence_i = host.offers ? host.new_sequence : bench_.chance(50);
        const bool read = host.offers && (host.new_sequence || sequence_ == 0);
        set_field(bench_->window_i, 0, clog2(kColumns + 1), read ? host.window : bench_.below(kLargestWindow + 1));
        for (std::size_t i = 0; i < kDim; ++i) {
            set_field(bench_->query_i, i, kQueryW, bench_.below(1U << kQueryW));
            set_field(bench_->key_i, i, kStoreW, bench_.below(Build::kStoreLevels));
            set_field(bench_->value_i, i, kStoreW, bench_.below(Build::kStoreLevels));
        }
    }

    // The pulses as they are `eighth` eighths into this cycle; the next one's once the clock has risen.
    void drive_analog(unsigned eighth) {
        const std::int64_t time = 8 * now() + eighth + (eighth < 4 ? 8 : 0);
        const auto emitting = std::find_if(tokens_.begin(), tokens_.end(), [&](const Token& token) {
            const std::int64_t begin = 8 * token.emit() + 4;
            return time >= begin && time < begin + 8 * static_cast<std::int64_t>(kMax);
        });
        for (std::size_t i = 0; i < kPulses; ++i) {
            const bool high = emitting == tokens_.end() ? analog_.noise && bench_.chance(50)
                                                        : time < 8 * emitting->emit() + 4 + emitting->pulses[i].eighths;
            set_bit(bench_->ana_pulse_i, i, high);
        }
        for (const Token& token : tokens_) {
            if (now() == token.emit()) {
                for (std::size_t i = 0; i < kPulses; ++i) {
                    set_bit(bench_->ana_sign_i, i, token.pulses[i].negative);
                }
            } else if (within(token.mix(), kSchedule.mix_cycles)) {
                bench_.randomize(bench_->ana_sign_i, kPulses);  // not settled yet
            }
        }
    }

    // ---- the contract

    [[nodiscard]] bool ready(bool pipelined) const {
        const bool loading = !tokens_.empty() && !tokens_.back().score;
        const bool blocks_free = !last_score_ || now() + 1 + kSchedule.load_cycles >= *last_score_ + kInterval;
        // The oldest is the one in the result register.
        const bool delivered = tokens_.empty() || (tokens_.size() == 1 && now() >= tokens_.front().result());
        return !loading && blocks_free && (pipelined || delivered);
    }

    void advance(const Host& host, const Event& event) {
        for (const Token& token : tokens_) {
            if (now() == token.scan()) {
                scanned_ = token.full;
                scan_begin_ = now();
                status_full_ += full_after(scan_begin_);
            }
        }
        // At most one older token may still be to be taken when a token begins to score.
        if (!tokens_.empty() && !tokens_.back().score && now() + 1 >= tokens_.back().load + kSchedule.load_cycles &&
            tokens_.size() <= 2) {
            tokens_.back().score = last_score_ = now() + 1;
        }
        if (event.taken) {
            tokens_.pop_front();
            ++taken_;
            ++status_tokens_;
        }
        if (host.clears) {
            status_tokens_ = 0;
            status_full_ = full_after(now() + 1);
        }
        if (event.accepted) {
            accept(host);
        }
    }

    // The full counters of the last token scanned that are added in cycle `cycle` or later: a sub-tile a cycle.
    [[nodiscard]] std::uint32_t full_after(std::int64_t cycle) const {
        std::uint32_t full = 0;
        for (std::size_t t = 0; t < kTiles; ++t) {
            full += scan_begin_ + static_cast<std::int64_t>(t) >= cycle ? scanned_.at(t) : 0;
        }
        return full;
    }

    void accept(const Host& host) {
        if (host.new_sequence || sequence_ == 0) {
            sequence_ = 0;
            window_ = host.window >= 1 && host.window <= kColumns ? host.window : kColumns;
        }
        Token token;
        token.number = accepted_++;
        token.load = now() + 1;
        token.column = static_cast<unsigned>(sequence_ % window_);
        token.held = static_cast<unsigned>(std::min<std::int64_t>(++sequence_, window_));
        for (std::size_t i = 0; i < kDim; ++i) {
            token.query.push_back(std::min(get_field(bench_->query_i, i, kQueryW), Build::kQueryLevels - 1));
            token.key.push_back(get_field(bench_->key_i, i, kStoreW));
            token.value.push_back(get_field(bench_->value_i, i, kStoreW));
        }
        for (std::size_t t = 0; t < kTiles; ++t) {
            for (std::size_t e = 0; e < kDim; ++e) {
                const Pulse pulse = analog_.pulse ? analog_.pulse(t, e) : random_pulse();
                const unsigned count = std::min((pulse.eighths + 4) / 8, kMax);
                token.pulses.push_back(pulse);
                token.sums[e] += pulse.negative ? -static_cast<int>(count) : static_cast<int>(count);
                token.full.at(t) += count == kMax ? 1 : 0;
            }
        }
        tokens_.push_back(token);
    }

    Pulse random_pulse() { return {.eighths = 8 * bench_.below(kMax + 1), .negative = bench_.chance(50)}; }

    // Failures name this token from now on.
    void about(const Token* token) { bench_.about_token(token != nullptr ? token->number : -1); }

    // High at the column of `token`, if there is one, and nowhere else.
    template <typename Port>
    void check_line(const Port& port, const Token* token, const char* what) {
        about(token);
        for (unsigned c = 0; c < kColumns; ++c) {
            bench_.equal(token != nullptr && c == token->column, get_bit(port, c), what, c);
        }
    }

    template <typename Port>
    void check_codes(const std::vector<unsigned>& codes, const Port& port, const char* what) {
        for (std::size_t i = 0; i < kDim; ++i) {
            bench_.equal(codes[i], get_field(port, i, kStoreW), what, static_cast<std::int64_t>(i));
        }
    }

    // The lines that write the columns, and the codes that must hold meanwhile.
    void check_writes() {
        const Token* k_discharge = nullptr;
        const Token* k_write = nullptr;
        const Token* v_discharge = nullptr;
        const Token* v_write = nullptr;
        const std::int64_t write_cycles = kSchedule.load_cycles - kDischarge;
        for (const Token& token : tokens_) {
            about(&token);
            const std::int64_t score = token.score.value_or(kNever);
            if (within(token.load, kSchedule.load_cycles)) {
                check_codes(token.key, bench_->ana_k_dac_o, "S0 ana_k_dac_o");
                (within(token.load, kDischarge) ? k_discharge : k_write) = &token;
            }
            if (within(score, kDischarge + write_cycles)) {
                check_codes(token.value, bench_->ana_v_dac_o, "S0 ana_v_dac_o");
                (within(score, kDischarge) ? v_discharge : v_write) = &token;
            }
        }
        check_line(bench_->ana_k_discharge_o, k_discharge, "S0 ana_k_discharge_o");
        check_line(bench_->ana_k_write_o, k_write, "S0 ana_k_write_o");
        check_line(bench_->ana_v_discharge_o, v_discharge, "S0 ana_v_discharge_o");
        check_line(bench_->ana_v_write_o, v_write, "S0 ana_v_write_o");
    }

    void check_phases() {
        const Token* scoring = nullptr;
        const Token* mixing = nullptr;
        const Token* emitting = nullptr;
        for (const Token& token : tokens_) {
            scoring = within(token.score.value_or(kNever), kSchedule.score_cycles) ? &token : scoring;
            mixing = within(token.mix(), kSchedule.mix_cycles) ? &token : mixing;
            emitting = within(token.emit(), kSchedule.emit_cycles) ? &token : emitting;
        }
        about(scoring);
        for (std::size_t i = 0; i < kDim; ++i) {
            const bool high = scoring != nullptr && within(*scoring->score, scoring->query[i]);
            bench_.equal(high, get_bit(bench_->ana_k_pulse_o, i), "S1 ana_k_pulse_o", static_cast<std::int64_t>(i));
        }
        bench_.equal(scoring != nullptr, bench_->ana_c2p1_integrate_o, "S2 ana_c2p1_integrate_o");
        about(mixing);
        bench_.equal(mixing != nullptr, bench_->ana_c2p1_emit_o, "S3 ana_c2p1_emit_o");
        bench_.equal(scoring == nullptr && mixing == nullptr, bench_->ana_c2p1_reset_o, "S3 ana_c2p1_reset_o");
        for (unsigned c = 0; c < kColumns; ++c) {
            bench_.equal(mixing != nullptr && c < mixing->held, get_bit(bench_->ana_c2p1_valid_o, c),
                         "S3 ana_c2p1_valid_o", c);
        }
        bench_.equal(mixing != nullptr, bench_->ana_c2p2_integrate_o, "S4 ana_c2p2_integrate_o");
        about(emitting);
        bench_.equal(emitting != nullptr, bench_->ana_c2p2_emit_o, "S5 ana_c2p2_emit_o");
        bench_.equal(mixing == nullptr && emitting == nullptr, bench_->ana_c2p2_reset_o, "S5 ana_c2p2_reset_o");
    }

    void check(const Host& host) {
        check_writes();
        check_phases();
        about(tokens_.empty() ? nullptr : &tokens_.front());
        const bool valid = !tokens_.empty() && now() >= tokens_.front().result();
        bench_.equal(ready(host.pipelined), bench_->token_ready_o, "S0 token_ready_o");
        bench_.equal(valid, bench_->result_valid_o, "S8 result_valid_o");
        for (std::size_t e = 0; valid && e < kDim; ++e) {
            bench_.equal(tokens_.front().sums[e], get_signed_field(bench_->sum_o, e, kSumW), "S8 sum_o",
                         static_cast<std::int64_t>(e));
        }
        bench_.equal(status_tokens_, bench_->status_tokens_o, "S8 status_tokens_o");
        if (now() >= scan_begin_ + kScanCycles) {
            bench_.equal(status_full_, bench_->status_saturated_o, "S8 status_saturated_o");
        }
    }

    void check_emptied() {
        check({.pipelined = bench_->pipelined_i != 0});
        for (std::size_t i = 0; i < kDim; ++i) {
            const auto index = static_cast<std::int64_t>(i);
            bench_.equal(0, get_field(bench_->ana_k_dac_o, i, kStoreW), "S0 ana_k_dac_o in reset", index);
            bench_.equal(0, get_field(bench_->ana_v_dac_o, i, kStoreW), "S0 ana_v_dac_o in reset", index);
            bench_.equal(0, get_signed_field(bench_->sum_o, i, kSumW), "S8 sum_o in reset", index);
        }
    }

    Bench<Build>& bench_;
    Analog analog_;
    std::deque<Token> tokens_;  // accepted and not taken
    std::int64_t accepted_ = 0;
    std::int64_t taken_ = 0;
    std::optional<std::int64_t> last_score_;
    std::int64_t sequence_ = 0;  // tokens of the present sequence
    unsigned window_ = 0;
    std::uint32_t status_tokens_ = 0;
    std::uint32_t status_full_ = 0;
    std::int64_t scan_begin_ = -kScanCycles;  // the last one; kScanCycles later status_saturated_o is complete
    std::array<unsigned, kTiles> scanned_{};
};

}  // namespace gca::module_test
