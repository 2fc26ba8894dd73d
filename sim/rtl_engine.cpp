#include "sim/rtl_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "behavioral/codec.h"
#include "behavioral/error.h"
#include "behavioral/state_archive.h"
#include "sim/bits.h"
#include "sim/gate_head.h"
#include "sim/interrupt.h"
#include "sim/lockstep_head.h"
#include "sim/output_file.h"
#include "sim/printable.h"

namespace gca {

namespace {

// A result that the host is waiting for comes within this many latencies, or never.
constexpr std::uint64_t kPatience = 4;
constexpr std::uint64_t kClockPs = 1000;
// Of a state that is resumed: its times in ps stay whole numbers of 64 bits.
constexpr std::uint64_t kMostCycles = std::uint64_t{1} << 53U;
// How long before a rising edge a waveform shows the host's new pins, and what follows from them without a clock.
constexpr std::uint64_t kHostPs = 250;
// The FST writer does not notice a full disk. It may hold back this much.
constexpr std::uintmax_t kTraceReserveBytes = std::uintmax_t{64} << 20U;

void check_space(const std::filesystem::path& file) {
    std::error_code error;
    const std::filesystem::space_info space =
        std::filesystem::space(std::filesystem::absolute(file).parent_path(), error);
    if (!error && space.available < kTraceReserveBytes) {
        throw InputError(fmt::format("{}: {} MB are free on its disk: a trace needs {} MB", printable(file.string()),
                                     space.available >> 20U, kTraceReserveBytes >> 20U));
    }
}

std::unique_ptr<RtlHead> make_head(const Config& config, const RtlOptions& options) {
    const int seed = static_cast<int>(options.seed & 0x7fffffffU);
    if (options.gate_head.empty()) {
        return find_built_head(config).make(seed);
    }
    std::unique_ptr<RtlHead> gates = load_gate_head(options.gate_head, config).make(seed);
    if (!options.lockstep) {
        return gates;
    }
    return std::make_unique<LockstepHead>(std::move(gates), "the gates", find_with_any_gates(config).make(seed),
                                          "the rtl");
}

}  // namespace

void RtlTiming::merge(const RtlTiming& other) {
    cycles += other.cycles;
    cycles_before += other.cycles_before;
    tokens += other.tokens;
    min_latency = std::min(min_latency, other.min_latency);
    max_latency = std::max(max_latency, other.max_latency);
    min_interval = std::min(min_interval, other.min_interval);
    max_interval = std::max(max_interval, other.max_interval);
}

RtlEngine::RtlEngine(const Config& config, const RtlOptions& options, const HeadState* resume)
    : config_(config),
      options_(options),
      schedule_(Schedule::of_levels(config.quantization.query_levels, config.quantization.output_levels)),
      head_(make_head(config, options)),
      pins_(head_->pins()),
      bridge_(std::make_unique<AnalogBridge>(config, pins_)),
      query_bits_(static_cast<unsigned>(std::bit_width(config.quantization.query_levels - 1))),
      store_bits_(static_cast<unsigned>(std::bit_width(config.quantization.store_levels - 1))),
      sum_bits_(static_cast<unsigned>(std::bit_width(config.geometry.tiles * (config.quantization.output_levels - 1))) +
                1),
      settles_first_(config.hardware.readout == Readout::counters_gated ||
                     config.hardware.readout == Readout::popcount_gated),
      codes_(config.geometry.dim, 0),
      sums_(config.geometry.dim, 0),
      accepted_(kInFlight, 0) {
    if (resume != nullptr) {
        this->resume(*resume);
    }
    if (options.trace) {
        open_trace(*options.trace);
    }
    if (resume == nullptr) {
        reset();
    }
}

void RtlEngine::open_trace(const TraceSelection& selection) {
    const std::filesystem::path target = output_target(selection.file);
    check_space(target);
    if (!std::ofstream(target)) {
        throw InputError(fmt::format("{}: cannot write", printable(target.string())));
    }
    trace_ = std::make_unique<AnalogTrace>(config_, selection, *bridge_, pins_, trace_signals_);
    head_->open_trace(target, trace_signals_);
    traced_ps_ = cycle_ * kClockPs;
    begin_trace(resumed_ ? resumed_->sent : 0);
}

void RtlEngine::begin_trace(std::size_t offered) {
    // The analog side is followed from before the tokens that are in flight when the trace begins.
    if (offered + kInFlight >= options_.trace->first_token) {
        bridge_->observe(trace_.get());
    }
    tracing_ = offered >= options_.trace->first_token;
}

void RtlEngine::end_trace(std::size_t taken) {
    if (trace_ && timing_.tokens + taken == options_.trace->end_token) {
        close_trace();
    }
}

void RtlEngine::close_trace() {
    bridge_->observe(nullptr);
    trace_.reset();
    tracing_ = false;
    head_->close_trace();
}

void RtlEngine::trace_analog(std::uint64_t time_ps) {
    if (tracing_) {
        for (std::uint64_t t = trace_->next_point(traced_ps_); t < time_ps; t = trace_->next_point(t)) {
            trace_->settle(t);
            head_->dump(t);
        }
    }
    trace_->settle(time_ps);
    traced_ps_ = time_ps;
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
    const std::uint64_t rise_ps = cycle_ * kClockPs;
    const std::uint64_t fall_ps = rise_ps + kClockPs / 2;
    if (tracing_ || settles_first_) {
        head_->eval();
    }
    if (tracing_ && cycle_ > 0) {
        head_->dump(rise_ps - kHostPs);
    }
    if (trace_) {
        trace_analog(rise_ps);
    }
    const bool sound = head_->rise(rise_ps);
    if (tracing_) {
        head_->dump(rise_ps);
    }
    if (trace_) {
        trace_analog(fall_ps);
    }
    if (!sound) {
        throw AssertionError(fmt::format("cycle {}: an assertion of the RTL failed (named above)", cycle_));
    }
    bridge_->step(cycle_);
    *pins_.clk = 0;
    head_->eval();
    if (trace_) {
        trace_->settle(fall_ps);
    }
    if (tracing_) {
        head_->dump(fall_ps);
    }
    ++cycle_;
    if (trace_) {
        trace_analog(cycle_ * kClockPs - kHostPs);
    }
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

void RtlEngine::offer_token(const Token& token, std::size_t number) {
    drive_token(token);
    *pins_.new_sequence = number == 0 ? 1 : 0;
    if (trace_) {
        begin_trace(timing_.tokens + number);
        check_space(output_target(options_.trace->file));
    }
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

void RtlEngine::rethrow(std::size_t sequence, std::size_t taken, std::size_t sent) const {
    const std::string tokens = taken == sent       ? "no token"
                               : taken + 1 == sent ? fmt::format("token {}", taken)
                                                   : fmt::format("tokens {} to {}", taken, sent - 1);
    const std::string where = fmt::format("; head {}, {} in flight", sequence, tokens);
    try {
        throw;
    } catch (const BoundaryError& error) {
        throw BoundaryError(error.what() + where);
    } catch (const AssertionError& error) {
        throw AssertionError(error.what() + where);
    } catch (const LockstepError& error) {
        throw LockstepError(fmt::format("cycle {}: ", cycle_) + error.what() + where);
    } catch (const TimeoutError& error) {
        throw TimeoutError(error.what() + where);
    }
}

void RtlEngine::check_patience(std::uint64_t idle, std::size_t due) const {
    if (idle > kPatience * schedule_.latency()) {
        throw TimeoutError(
            fmt::format("cycle {}: nothing accepted or delivered for {} cycles, token {} is due", cycle_, idle, due));
    }
}

RtlEngine::Host RtlEngine::new_host(std::size_t sequence) const {
    std::seed_seq seeds{options_.seed, options_.seed >> 32U, std::uint64_t{sequence}};
    std::array<std::uint32_t, 4> seed{};
    seeds.generate(seed.begin(), seed.end());
    const HostPauses pauses =
        host_pauses(options_.backpressure, schedule_.latency(), std::uint64_t{seed[0]} << 32U | seed[1],
                    std::uint64_t{seed[2]} << 32U | seed[3]);
    return {.offers = pauses.offers, .takes = pauses.takes, .first_cycle = cycle_};
}

void RtlEngine::save_after(std::size_t taken, StateSink saved) {
    save_after_ = taken;
    save_to_ = std::move(saved);
}

HeadState RtlEngine::save(std::size_t sequence, Host& host) {
    StateArchive of_host;
    transfer_host(of_host, host);
    StateArchive analog;
    bridge_->transfer(analog);
    return {.sequence = sequence,
            .sent = host.sent,
            .taken = host.taken,
            .host = of_host.take(),
            .analog = analog.take(),
            .rtl = head_->save()};
}

void RtlEngine::resume(const HeadState& state) {
    Host& host = resumed_.emplace(new_host(state.sequence));
    host.sent = state.sent;
    host.taken = state.taken;
    const auto restore = [&](const char* part, const std::vector<std::byte>& bytes, const auto& transfer) {
        try {
            StateArchive archive(bytes);
            transfer(archive);
            archive.require_end();
        } catch (const InputError& error) {
            throw InputError(fmt::format("{}: {}: {}", state.source, part, error.what()));
        }
    };
    restore("host", state.host, [&](StateArchive& archive) { transfer_host(archive, host); });
    restore("analog", state.analog, [&](StateArchive& archive) { bridge_->transfer(archive); });
    restore("rtl", state.rtl, [&](StateArchive& archive) {
        std::vector<std::byte> flops = head_->save();
        archive.bytes("state of the flops", flops);
        head_->restore(flops);
    });
    *pins_.pipelined = options_.mode == Mode::pipelined ? 1 : 0;
    head_->eval();
    timing_.cycles_before = cycle_ - host.first_cycle;
}

void RtlEngine::transfer_host(StateArchive& archive, Host& host) {
    archive.number<std::uint64_t>("cycle", cycle_, 0, kMostCycles);
    archive.number<std::uint64_t>("first cycle", host.first_cycle, 0, cycle_);
    archive.number<std::uint64_t>("idle cycles", host.idle, 0, kPatience * schedule_.latency() + 1);
    archive.numbers<std::uint64_t>("cycles of acceptance", accepted_, 0, cycle_);
    archive.number("least latency", timing_.min_latency);
    archive.number("greatest latency", timing_.max_latency);
    archive.number("least interval", timing_.min_interval);
    archive.number("greatest interval", timing_.max_interval);

    Backpressure backpressure = options_.backpressure;
    std::uint64_t seed = options_.seed;
    archive.bytes("back-pressure", std::as_writable_bytes(std::span(&backpressure, 1)));
    archive.number("seed", seed);
    Host saved = host;
    saved.offers.transfer(archive);
    saved.takes.transfer(archive);
    if (backpressure == options_.backpressure && seed == options_.seed) {
        host = saved;
    }
}

void RtlEngine::run(std::size_t sequence, std::size_t tokens, const TokenSource& token, const ResultSink& result) {
    Host host = std::exchange(resumed_, std::nullopt).value_or(new_host(sequence));
    drive(sequence, host, tokens, token, result);
    timing_.tokens += tokens;
    timing_.cycles += cycle_ - host.first_cycle;
}

void RtlEngine::begin(std::size_t sequence) {
    if (options_.trace) {
        throw std::logic_error("rtl engine: a sequence that is traced must be run as a whole");
    }
    stream_ = {.sequence = sequence, .host = new_host(sequence)};
}

void RtlEngine::proceed(std::size_t tokens, const TokenSource& token, const ResultSink& result) {
    const std::uint64_t first_cycle = cycle_;
    const std::size_t taken = stream_.value().host.taken;
    drive(stream_->sequence, stream_->host, tokens, token, result);
    timing_.tokens += stream_->host.taken - taken;
    timing_.cycles += cycle_ - first_cycle;
}

void RtlEngine::drive(std::size_t sequence, Host& host, std::size_t tokens, const TokenSource& token,
                      const ResultSink& result) {
    std::size_t driven = SIZE_MAX;
    try {
        while (host.taken < tokens) {
            const bool offer = host.sent < tokens && host.offers.next();
            if (offer && driven != host.sent) {
                offer_token(token(host.sent), host.sent);
                driven = host.sent;
            }
            *pins_.token_valid = offer ? 1 : 0;
            *pins_.result_ready = host.takes.next() ? 1 : 0;

            if (offer && *pins_.token_ready != 0) {
                note_accepted(host.sent++);
                host.idle = 0;
            }
            if (*pins_.result_valid != 0 && *pins_.result_ready != 0) {
                note_taken(host.taken, host.sent);
                result(host.taken++, sums_);
                host.idle = 0;
            }
            check_patience(host.idle, host.taken);
            host.idle += (host.sent == tokens || offer) && *pins_.result_ready != 0 ? 1 : 0;
            check_interrupt();
            clock();
            end_trace(host.taken);
            if (save_to_ && host.taken == save_after_) {
                std::exchange(save_to_, {})(save(sequence, host));
            }
        }
    } catch (...) {
        if (tracing_) {
            head_->dump(cycle_ * kClockPs + kClockPs / 2);  // what was seen in the cycle of the fault
        }
        close_trace();
        rethrow(sequence, host.taken, host.sent);
    }
    *pins_.token_valid = 0;
    *pins_.result_ready = 0;
}

RtlEngine::Status RtlEngine::status() {
    for (unsigned i = 0; i < schedule_.interval(); ++i) {
        clock();
    }
    return {.tokens = *pins_.status_tokens, .saturated = *pins_.status_saturated};
}

}  // namespace gca
