#include "sim/rtl_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>

#include "behavioral/codec.h"
#include "behavioral/error.h"
#include "sim/bits.h"
#include "sim/output_file.h"
#include "sim/printable.h"

namespace gca {

namespace {

// More than the tokens that can be between acceptance and delivery.
constexpr std::size_t kInFlight = 8;
// A result that the host is waiting for comes within this many latencies, or never.
constexpr std::uint64_t kPatience = 4;
constexpr std::uint64_t kClockPs = 1000;

}  // namespace

void RtlTiming::merge(const RtlTiming& other) {
    cycles += other.cycles;
    tokens += other.tokens;
    min_latency = std::min(min_latency, other.min_latency);
    max_latency = std::max(max_latency, other.max_latency);
    min_interval = std::min(min_interval, other.min_interval);
    max_interval = std::max(max_interval, other.max_interval);
}

bool RtlEngine::Pauses::next() {
    if (kind_ == Backpressure::none) {
        return true;
    }
    if (left_ == 0) {
        constexpr std::array<unsigned, 4> kSpells{1, 4, 40, 200};
        on_ = !on_;
        const std::uint64_t r = random_();
        left_ = 1 + static_cast<unsigned>((r >> 8) % kSpells[r % kSpells.size()]);
    }
    --left_;
    return on_;
}

RtlEngine::RtlEngine(const Config& config, const RtlOptions& options)
    : config_(config),
      options_(options),
      schedule_(Schedule::of_levels(config.quantization.query_levels, config.quantization.output_levels)),
      head_(find_built_head(config).make(static_cast<int>(options.seed & 0x7fffffffU))),
      pins_(head_->pins()),
      bridge_(std::make_unique<AnalogBridge>(config, pins_)),
      query_bits_(static_cast<unsigned>(std::bit_width(config.quantization.query_levels - 1))),
      store_bits_(static_cast<unsigned>(std::bit_width(config.quantization.store_levels - 1))),
      sum_bits_(static_cast<unsigned>(std::bit_width(config.geometry.tiles * (config.quantization.output_levels - 1))) +
                1),
      codes_(config.geometry.dim, 0),
      sums_(config.geometry.dim, 0),
      accepted_(kInFlight, 0) {
    if (options.trace) {
        const std::filesystem::path target = output_target(*options.trace);
        if (!std::ofstream(target)) {
            throw InputError(fmt::format("{}: cannot write", printable(target.string())));
        }
        head_->open_trace(target);
        tracing_ = true;
    }
    reset();
}

void RtlEngine::reset() {
    *pins_.clk = 0;
    *pins_.rst_n = 1;
    head_->eval();
    *pins_.rst_n = 0;
    *pins_.token_valid = 0;
    *pins_.result_ready = 0;
    *pins_.status_clear = 0;
    *pins_.pipelined = options_.mode == Mode::pipelined ? 1 : 0;
    store_word(pins_.window, 0, options_.window);
    std::fill(pins_.pulse.begin(), pins_.pulse.end(), std::byte{0});
    std::fill(pins_.sign.begin(), pins_.sign.end(), std::byte{0});
    clock();
    clock();
    *pins_.rst_n = 1;
    clock();
}

void RtlEngine::clock() {
    *pins_.clk = 1;
    head_->eval();
    if (tracing_) {
        head_->dump(cycle_ * kClockPs);
    }
    bridge_->step(cycle_);
    *pins_.clk = 0;
    head_->eval();
    if (tracing_) {
        head_->dump(cycle_ * kClockPs + kClockPs / 2);
    }
    ++cycle_;
}

void RtlEngine::observe(HeadObserver* observer) {
    observer_ = observer;
    bridge_->observe(observer);
}

void RtlEngine::drive_token(const Token& token) {
    const auto drive = [&](std::span<const double> values, double full_scale, unsigned levels, unsigned bits,
                           std::span<std::byte> pins) {
        encode(values, full_scale, levels, codes_);
        pack_fields(codes_, bits, pins);
    };
    const Quantization& q = config_.quantization;
    drive(token.q, 1.0, q.query_levels, query_bits_, pins_.query);
    drive(token.k, kSupplyV, q.store_levels, store_bits_, pins_.key);
    drive(token.v, kSupplyV, q.store_levels, store_bits_, pins_.value);
}

void RtlEngine::read_sums() {
    for (std::size_t e = 0; e < sums_.size(); ++e) {
        sums_[e] = sign_extend(get_field(pins_.sum, e, sum_bits_), sum_bits_);
    }
}

void RtlEngine::note_accepted(std::size_t token) {
    if (token > 0) {
        const std::uint64_t interval = cycle_ - accepted_[(token - 1) % kInFlight];
        timing_.min_interval = std::min(timing_.min_interval, interval);
        timing_.max_interval = std::max(timing_.max_interval, interval);
    }
    accepted_[token % kInFlight] = cycle_;
    if (observer_ != nullptr) {
        observer_->accepted(token, cycle_);
    }
}

void RtlEngine::note_taken(std::size_t token, std::size_t sent) {
    if (token == sent) {
        throw TimeoutError(fmt::format("cycle {}: a result came before its token", cycle_));
    }
    const std::uint64_t latency = cycle_ - accepted_[token % kInFlight];
    timing_.min_latency = std::min(timing_.min_latency, latency);
    timing_.max_latency = std::max(timing_.max_latency, latency);
    read_sums();
    if (observer_ != nullptr) {
        observer_->taken(token, cycle_, sums_);
    }
}

void RtlEngine::rethrow(std::size_t sequence, std::size_t taken, std::size_t sent) {
    const std::string tokens = taken == sent       ? "no token"
                               : taken + 1 == sent ? fmt::format("token {}", taken)
                                                   : fmt::format("tokens {} to {}", taken, sent - 1);
    const std::string where = fmt::format("; head {}, {} in flight", sequence, tokens);
    try {
        throw;
    } catch (const BoundaryError& error) {
        throw BoundaryError(error.what() + where);
    } catch (const TimeoutError& error) {
        throw TimeoutError(error.what() + where);
    }
}

void RtlEngine::run(std::size_t sequence, std::size_t tokens, const TokenSource& token, const ResultSink& result) {
    std::seed_seq seeds{options_.seed, options_.seed >> 32U, std::uint64_t{sequence}};
    std::array<std::uint32_t, 4> seed{};
    seeds.generate(seed.begin(), seed.end());
    Pauses offers(options_.backpressure, std::uint64_t{seed[0]} << 32U | seed[1]);
    Pauses takes(options_.backpressure, std::uint64_t{seed[2]} << 32U | seed[3]);
    std::size_t sent = 0;
    std::size_t taken = 0;
    std::size_t driven = SIZE_MAX;
    std::uint64_t idle = 0;  // cycles since the last event in which the host did not pause
    const std::uint64_t first_cycle = cycle_;
    try {
        while (taken < tokens) {
            const bool offer = sent < tokens && offers.next();
            if (offer && driven != sent) {
                drive_token(token(sent));
                *pins_.new_sequence = sent == 0 ? 1 : 0;
                driven = sent;
            }
            *pins_.token_valid = offer ? 1 : 0;
            *pins_.result_ready = takes.next() ? 1 : 0;

            if (offer && *pins_.token_ready != 0) {
                note_accepted(sent++);
                idle = 0;
            }
            if (*pins_.result_valid != 0 && *pins_.result_ready != 0) {
                note_taken(taken, sent);
                result(taken++, sums_);
                idle = 0;
            }
            if (idle > kPatience * schedule_.latency()) {
                throw TimeoutError(fmt::format("cycle {}: nothing accepted or delivered for {} cycles, token {} is due",
                                               cycle_, idle, taken));
            }
            idle += (sent == tokens || offer) && *pins_.result_ready != 0 ? 1 : 0;
            clock();
        }
    } catch (...) {
        head_->close_trace();
        tracing_ = false;
        rethrow(sequence, taken, sent);
    }
    *pins_.token_valid = 0;
    *pins_.result_ready = 0;
    timing_.tokens += tokens;
    timing_.cycles += cycle_ - first_cycle;
}

RtlEngine::Status RtlEngine::status() {
    for (unsigned i = 0; i < schedule_.interval(); ++i) {
        clock();
    }
    return {.tokens = *pins_.status_tokens, .saturated = *pins_.status_saturated};
}

}  // namespace gca
