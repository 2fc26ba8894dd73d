// Records the closed loop at the pins of gca_head, cycle by cycle: what went in before each clock edge and what came
// out. tests/icarus/head_replay.sv reads the file under another simulator.
//
//   icarus_record HEAD FILE [--tokens N] [--seed S]
//
// HEAD is a built geometry. The RTL runs under Verilator, the analog side is the behavioural models behind their
// bridge. The host goes through all profiles of back-pressure, changes the mode, begins new sequences with other
// windows while tokens are in flight, and clears the status; on lines that are not to be read it drives random values.
//
// File: a line with the parameters, a line with the ports' names, then a line a cycle: the ports in hexadecimal. Inputs
// as the edge that ends the cycle takes them, outputs as they are before that edge.

#include <fmt/format.h>
#include <fmt/os.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "behavioral/codec.h"
#include "behavioral/config.h"
#include "behavioral/time_base.h"
#include "sim/analog_bridge.h"
#include "sim/backpressure.h"
#include "sim/bits.h"
#include "sim/rtl_head.h"
#include "tests/loop_case.h"

namespace gca {
namespace {

struct Port {
    std::string_view name;
    std::span<const std::byte> bits;
};

std::vector<Port> recorded_ports(const HeadPins& p) {
    const auto one = [](const auto* pin) { return std::as_bytes(std::span(pin, 1)); };
    return {{"pipelined_i", one(p.pipelined)},
            {"window_i", p.window},
            {"status_clear_i", one(p.status_clear)},
            {"token_valid_i", one(p.token_valid)},
            {"new_sequence_i", one(p.new_sequence)},
            {"query_i", p.query},
            {"key_i", p.key},
            {"value_i", p.value},
            {"ana_pulse_i", p.pulse},
            {"ana_sign_i", p.sign},
            {"result_ready_i", one(p.result_ready)},
            {"token_ready_o", one(p.token_ready)},
            {"ana_k_discharge_o", p.k_discharge},
            {"ana_k_write_o", p.k_write},
            {"ana_k_dac_o", p.k_dac},
            {"ana_k_pulse_o", p.k_pulse},
            {"ana_c2p1_reset_o", one(p.c2p1_reset)},
            {"ana_c2p1_integrate_o", one(p.c2p1_integrate)},
            {"ana_c2p1_emit_o", one(p.c2p1_emit)},
            {"ana_c2p1_valid_o", p.c2p1_valid},
            {"ana_v_discharge_o", p.v_discharge},
            {"ana_v_write_o", p.v_write},
            {"ana_v_dac_o", p.v_dac},
            {"ana_c2p2_reset_o", one(p.c2p2_reset)},
            {"ana_c2p2_integrate_o", one(p.c2p2_integrate)},
            {"ana_c2p2_emit_o", one(p.c2p2_emit)},
            {"result_valid_o", one(p.result_valid)},
            {"sum_o", p.sum},
            {"status_tokens_o", one(p.status_tokens)},
            {"status_saturated_o", one(p.status_saturated)}};
}

void print_hexadecimal(std::span<const std::byte> bits, fmt::memory_buffer& line) {
    std::size_t bytes = bits.size();
    while (bytes > 1 && bits[bytes - 1] == std::byte{0}) {
        --bytes;
    }
    while (bytes > 0) {
        --bytes;
        fmt::format_to(std::back_inserter(line), "{:02x}", std::to_integer<unsigned>(bits[bytes]));
    }
}

/// What happened, so that a recording in which little did is refused.
struct Seen {
    std::uint64_t cycles = 0;
    std::size_t accepted = 0;
    std::size_t taken = 0;
    std::size_t pipelined = 0;        ///< tokens accepted in this mode
    std::size_t stalled = 0;          ///< cycles in which a result waited
    std::size_t begun_in_flight = 0;  ///< sequences whose first token was accepted while older tokens were in flight
    std::size_t cut_short = 0;        ///< sequences that another one followed before their window was full
    std::size_t wraps = 0;
    std::size_t widest = 0;     ///< window that wraps
    std::size_t nonzero = 0;    ///< sums
    std::size_t saturated = 0;  ///< cycles in which the status counter of full counters is not 0
};

class Recorder {
 public:
    Recorder(const BuiltHead& built, const Config& config, std::size_t tokens, std::uint64_t seed,
             const std::string& file)
        : config_(config),
          head_(built.make(static_cast<int>(seed))),
          pins_(head_->pins()),
          bridge_(config, pins_),
          ports_(recorded_ports(pins_)),
          random_(seed),
          tokens_(
              random_sequences({.head = built.name, .heads = 1, .tokens = tokens, .seed = seed}, config.geometry.dim)),
          codes_(config.geometry.dim),
          out_(fmt::output_file(file)) {
        const Geometry& g = config.geometry;
        out_.print("Dim={} TileTokens={} Tiles={} QueryLevels={} StoreLevels={} OutLevels={}\n", g.dim, g.tile_tokens,
                   g.tiles, built.query_levels, built.store_levels, built.output_levels);
        for (const Port& port : ports_) {
            out_.print("{} ", port.name);
        }
        out_.print("\n");
    }

    Seen record() {
        reset();
        const unsigned latency =
            Schedule::of_levels(config_.quantization.query_levels, config_.quantization.output_levels).latency();
        std::optional<HostPauses> pauses;
        std::size_t profile = kBackpressures.size();
        while (seen_.taken < tokens_.tokens) {
            const std::size_t now = seen_.taken * kBackpressures.size() / tokens_.tokens;
            if (now != profile) {
                profile = now;
                pauses.emplace(host_pauses(kBackpressures.at(profile), latency, random_(), random_()));
            }
            cycle(seen_.accepted < tokens_.tokens && pauses->offers.next(), pauses->takes.next());
            if (seen_.cycles > (tokens_.tokens + 1) * 16 * latency) {
                throw std::runtime_error(fmt::format("cycle {}: no more tokens are delivered", seen_.cycles));
            }
        }
        for (unsigned i = 0; i < latency; ++i) {  // the status becomes complete
            cycle(false, true);
        }
        out_.close();
        return seen_;
    }

 private:
    [[nodiscard]] bool chance(unsigned one_in) { return random_() % one_in == 0; }

    void reset() {
        *pins_.clk = 0;
        *pins_.rst_n = 1;
        head_->eval();
        *pins_.rst_n = 0;
        head_->eval();
        clock();
        clock();
        *pins_.rst_n = 1;
    }

    void clock() {
        if (!head_->rise(seen_.cycles * 1000)) {
            throw std::runtime_error(fmt::format("cycle {}: an assertion of the RTL failed", seen_.cycles));
        }
        bridge_.step(seen_.cycles);
        *pins_.clk = 0;
        head_->eval();
    }

    void cycle(bool offers, bool takes) {
        *pins_.token_valid = offers ? 1 : 0;
        *pins_.result_ready = takes ? 1 : 0;
        *pins_.pipelined ^= chance(150) ? 1 : 0;
        *pins_.status_clear = chance(400) ? 1 : 0;
        if (offers) {
            offer();
        } else {
            *pins_.new_sequence = chance(2) ? 1 : 0;
            drive_window(random_());
            drive_random(config_.quantization.query_levels, pins_.query);
            drive_random(config_.quantization.store_levels, pins_.key);
            drive_random(config_.quantization.store_levels, pins_.value);
        }
        head_->eval();
        write_line();
        note(offers && *pins_.token_ready != 0, takes && *pins_.result_valid != 0);
        clock();
        ++seen_.cycles;
    }

    /// The next token is at the pins, and if it is the first of a sequence, that one's window.
    void offer() {
        if (!sequence_) {
            sequence_ = draw_sequence();
        }
        const bool first = in_sequence_ == 0;
        *pins_.new_sequence = first && seen_.accepted > 0 ? 1 : 0;  // the first after reset begins one without it
        drive_window(first ? sequence_->window : random_());
        const Quantization& q = config_.quantization;
        drive(tokens_.q, 1.0, q.query_levels, pins_.query);
        drive(tokens_.k, kSupplyV, q.store_levels, pins_.key);
        drive(tokens_.v, kSupplyV, q.store_levels, pins_.value);
    }

    struct Sequence {
        std::uint64_t window;  ///< as it is driven
        std::size_t columns;   ///< as it is meant
        std::size_t tokens;
    };

    /// The first one goes from one sub-tile to the next, and wraps. Then by turns: one that another follows before its
    /// window is full, one that wraps.
    Sequence draw_sequence() {
        const std::size_t capacity = config_.geometry.capacity();
        const std::size_t tile = config_.geometry.tile_tokens;
        const bool wraps = sequences_ % 2 == 0;
        // 0 and capacity + 1 are illegal: they mean the capacity.
        const std::array<std::size_t, 7> windows{1, 2, tile, tile + 1, capacity, 0, capacity + 1};
        std::size_t window = 0;
        std::size_t columns = 0;
        const std::size_t longest = tokens_.tokens / 2;
        do {
            window = sequences_ == 0 ? tile + 1
                     : chance(2)     ? 1 + random_() % capacity
                                     : windows.at(random_() % windows.size());
            columns = window >= 1 && window <= capacity ? window : capacity;
        } while (sequences_ > 0 && wraps && columns >= longest);
        ++sequences_;
        const std::size_t tokens = wraps ? columns + 1 + random_() % (2 * columns) : 1 + random_() % columns;
        return {.window = window, .columns = columns, .tokens = std::clamp<std::size_t>(tokens, 1, longest)};
    }

    void drive_window(std::uint64_t window) const {
        const auto bits = static_cast<unsigned>(std::bit_width(config_.geometry.capacity()));
        store_word(pins_.window, 0, window & ((std::uint64_t{1} << bits) - 1));
    }

    void drive(const std::vector<double>& values, double full_scale, unsigned levels, std::span<std::byte> pins) {
        const std::size_t dim = config_.geometry.dim;
        encode({values.data() + seen_.accepted * dim, dim}, full_scale, levels, codes_);
        pack_fields(codes_, static_cast<unsigned>(std::bit_width(levels - 1)), pins);
    }

    void drive_random(unsigned levels, std::span<std::byte> pins) {
        std::generate(codes_.begin(), codes_.end(), [&] { return static_cast<std::uint8_t>(random_() % levels); });
        pack_fields(codes_, static_cast<unsigned>(std::bit_width(levels - 1)), pins);
    }

    void write_line() {
        line_.clear();
        for (const Port& port : ports_) {
            print_hexadecimal(port.bits, line_);
            line_.push_back(' ');
        }
        out_.print("{}\n", std::string_view(line_.data(), line_.size()));
    }

    void note(bool accepts, bool takes) {
        seen_.stalled += *pins_.result_valid != 0 && *pins_.result_ready == 0 ? 1 : 0;
        seen_.saturated += *pins_.status_saturated != 0 ? 1 : 0;
        if (takes) {
            ++seen_.taken;
            seen_.nonzero += any_bit(pins_.sum) ? 1 : 0;
        }
        if (!accepts) {
            return;
        }
        seen_.begun_in_flight += in_sequence_ == 0 && seen_.accepted > seen_.taken ? 1 : 0;
        if (in_sequence_ == sequence_->columns) {
            ++seen_.wraps;
            seen_.widest = std::max(seen_.widest, sequence_->columns);
        }
        seen_.pipelined += *pins_.pipelined;
        ++seen_.accepted;
        ++in_sequence_;
        if (in_sequence_ == sequence_->tokens) {
            seen_.cut_short += in_sequence_ < sequence_->columns ? 1 : 0;
            sequence_.reset();
            in_sequence_ = 0;
        }
    }

    Config config_;
    std::unique_ptr<RtlHead> head_;
    HeadPins pins_;
    AnalogBridge bridge_;
    std::vector<Port> ports_;
    std::mt19937_64 random_;
    Sequences tokens_;
    std::vector<std::uint8_t> codes_;
    std::optional<Sequence> sequence_;
    std::size_t sequences_ = 0;
    std::size_t in_sequence_ = 0;
    Seen seen_;
    fmt::memory_buffer line_;
    fmt::ostream out_;
};

/// Throws if the recording leaves out what it is made for.
void require(const Seen& seen, std::size_t capacity) {
    const auto at_least_one = [](std::size_t number, std::string_view what) {
        if (number == 0) {
            throw std::runtime_error(fmt::format("nothing recorded of: {}; take more tokens or another seed", what));
        }
    };
    at_least_one(seen.pipelined, "tokens in pipelined mode");
    at_least_one(seen.accepted - seen.pipelined, "tokens in sequential mode");
    at_least_one(seen.stalled, "results that wait for the host");
    at_least_one(seen.begun_in_flight, "sequences begun while tokens are in flight");
    at_least_one(seen.wraps, "windows that wrap");
    at_least_one(capacity == 1 ? 1 : seen.cut_short, "sequences cut short in mid-window");
    at_least_one(seen.saturated, "full counters");
    at_least_one(seen.nonzero * 10 / seen.taken, "sums other than 0, in every tenth token");
}

int record(const std::string& head, const std::string& file, std::size_t tokens, std::uint64_t seed) {
    const auto& heads = built_heads();
    const auto built =
        std::find_if(heads.begin(), heads.end(), [&](const BuiltHead& candidate) { return candidate.name == head; });
    if (built == heads.end()) {
        throw std::runtime_error(fmt::format("head \"{}\" is not built", head));
    }
    Config config = configuration({.head = head});
    config.charge_to_pulse.a_sat /= 4;  // short sequences fill counters, too
    const Seen seen = Recorder(*built, config, tokens, seed, file).record();
    require(seen, config.geometry.capacity());
    fmt::print(
        "{} tokens ({} pipelined) in {} cycles, {} with a result that waits; {} sequences begun in flight, {} cut "
        "short, "
        "{} wraps, the widest of {} columns\n",
        seen.taken, seen.pipelined, seen.cycles, seen.stalled, seen.begun_in_flight, seen.cut_short, seen.wraps,
        seen.widest);
    return 0;
}

}  // namespace
}  // namespace gca

int main(int argc, char** argv) {
    std::string head;
    std::string file;
    std::size_t tokens = 0;
    std::uint64_t seed = 0;
    try {
        CLI::App app("Records the closed loop at the pins of gca_head.");
        app.add_option("head", head, "a built geometry")->required();
        app.add_option("file", file, "where the recording goes")->required();
        app.add_option("--tokens", tokens)->default_val(200)->check(CLI::Range(3, 100000));
        app.add_option("--seed", seed)->default_val(1)->check(CLI::Range(1, 1000000));
        CLI11_PARSE(app, argc, argv);
        return gca::record(head, file, tokens, seed);
    } catch (const std::exception& error) {
        fmt::print(stderr, "icarus_record: {}, seed {}: {}\n", head, seed, error.what());
        return 1;
    }
}
