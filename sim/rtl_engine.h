// The engine for hardware: a Verilated head, of the RTL or at gate level, its analog bridge, and a host that offers
// tokens and takes results.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/head.h"
#include "sim/analog_bridge.h"
#include "sim/analog_trace.h"
#include "sim/backpressure.h"
#include "sim/rtl_head.h"
#include "sim/trace_options.h"
#include "sim/trace_signals.h"

namespace gca {

enum class Mode { sequential, pipelined };

struct RtlOptions {
    std::size_t window = 0;
    Mode mode = Mode::sequential;
    Backpressure backpressure = Backpressure::none;
    std::uint64_t seed = 1;  ///< of the host's pauses and of uninitialised flops
    std::optional<TraceSelection> trace;
    std::filesystem::path gate_head{};  ///< a head at gate level instead of the RTL's (sim/gate_head.h)
    bool lockstep = false;              ///< that head beside the RTL's, every output pin compared at every edge
};

/// What was seen at the ports. Latency: from the edge that accepts a token to the edge that takes its result; interval:
/// between accepting edges within a sequence. In clock cycles.
struct RtlTiming {
    std::uint64_t cycles = 0;
    std::uint64_t cycles_before = 0;  ///< those of them that were run before the states that were resumed were saved
    std::uint64_t tokens = 0;
    std::uint64_t min_latency = UINT64_MAX;
    std::uint64_t max_latency = 0;
    std::uint64_t min_interval = UINT64_MAX;
    std::uint64_t max_interval = 0;

    void merge(const RtlTiming& other);
};

/// One head between two cycles of its sequence: all that is needed to go on as if the run had not been interrupted.
struct HeadState {
    std::string source{};  ///< where it comes from, for messages
    std::size_t sequence = 0;
    std::size_t sent = 0;   ///< tokens that the head has accepted
    std::size_t taken = 0;  ///< results that the host has taken
    std::vector<std::byte> host;
    std::vector<std::byte> analog;
    std::vector<std::byte> rtl;
};

/// An assertion of the RTL failed. The message names the cycle.
class AssertionError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// Told of the host's side too: token number `token` of the sequence is accepted, or its result taken, at the edge that
/// begins `cycle`.
class HeadObserver : public AnalogObserver {
 public:
    virtual void accepted(std::size_t token, std::uint64_t cycle) = 0;
    virtual void taken(std::size_t token, std::uint64_t cycle, std::span<const std::int32_t> sums) = 0;
};

/// A token's result did not come. The message names the cycle, the head and the tokens in flight.
class TimeoutError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

class RtlEngine {
 public:
    /// More than the tokens that can be between acceptance and delivery.
    static constexpr std::size_t kInFlight = 8;

    /// With `resume`, in the middle of that sequence: `run` goes on with it. The host's pauses go on too if
    /// back-pressure and seed are those with which the state was saved; else they start anew. Throws InputError for a
    /// state that no engine saves.
    RtlEngine(const Config& config, const RtlOptions& options, const HeadState* resume = nullptr);
    RtlEngine(const RtlEngine&) = delete;
    RtlEngine& operator=(const RtlEngine&) = delete;
    ~RtlEngine() = default;

    using TokenSource = std::function<Token(std::size_t)>;
    /// Called with a token's index and its [dim] sums, in order.
    using ResultSink = std::function<void(std::size_t, std::span<const std::int32_t>)>;

    /// Sends one new sequence of `tokens` tokens through the head and gives all its results. The host's pauses follow
    /// from the seed and `sequence` alone. Throws BoundaryError, AssertionError, LockstepError or TimeoutError, the
    /// trace closed. After a resume, the results are those that were not taken before.
    void run(std::size_t sequence, std::size_t tokens, const TokenSource& token, const ResultSink& result);

    /// The same piece by piece, for a host that learns its next tokens from the results: `begin` a sequence, then
    /// `proceed` to its token number `tokens`. The clock stands still in between. Not for an engine with a trace.
    void begin(std::size_t sequence);
    void proceed(std::size_t tokens, const TokenSource& token, const ResultSink& result);

    /// The coming `run` gives `saved` the state after `taken` results, 1 to all. The statistics in it are those of this
    /// engine: for a state that is the sequence's alone, the engine must not have run another one.
    using StateSink = std::function<void(HeadState)>;
    void save_after(std::size_t taken, StateSink saved);

    /// `observer` is told of everything from now on; null for nobody.
    void observe(HeadObserver* observer);
    [[nodiscard]] const AnalogBridge& bridge() const { return *bridge_; }
    [[nodiscard]] const HeadPins& pins() const { return pins_; }

    [[nodiscard]] const RtlTiming& timing() const { return timing_; }
    [[nodiscard]] std::uint64_t phi_saturated() const { return bridge_->statistics().phi_saturated; }

    /// The head's own status counters, modulo 2^32. Lets the clock run until they are settled.
    struct Status {
        std::uint32_t tokens;
        std::uint32_t saturated;
    };
    [[nodiscard]] Status status();

 private:
    /// The host's side of a sequence that is under way.
    struct Host {
        Pauses offers;
        Pauses takes;
        std::size_t sent = 0;
        std::size_t taken = 0;
        std::uint64_t idle = 0;  ///< cycles since the last event in which the host did not pause
        std::uint64_t first_cycle = 0;
    };
    /// A sequence that is run piece by piece.
    struct Stream {
        std::size_t sequence;
        Host host;
    };

    [[nodiscard]] Host new_host(std::size_t sequence) const;
    [[nodiscard]] HeadState save(std::size_t sequence, Host& host);
    void resume(const HeadState& state);
    void transfer_host(StateArchive& archive, Host& host);

    /// Sends the sequence's tokens from host.sent on, and takes their results, up to token number `tokens`.
    void drive(std::size_t sequence, Host& host, std::size_t tokens, const TokenSource& token,
               const ResultSink& result);
    void reset();
    void clock();
    void open_trace(const TraceSelection& selection);
    /// Token `offered`, counted over all sequences, is at the ports: if it is the first of the trace's tokens, the
    /// trace begins.
    void begin_trace(std::size_t offered);
    /// The analog side goes on to `time_ps`; its points before that time are written.
    void trace_analog(std::uint64_t time_ps);
    /// So many of the sequence's results have been taken: after the last of the trace's tokens, the trace ends.
    void end_trace(std::size_t taken);
    void close_trace();
    void drive_token(const Token& token);
    /// Token `number` of the sequence comes to the ports.
    void offer_token(const Token& token, std::size_t number);
    void read_sums();
    /// Token number `token` of the sequence is accepted, or its result taken, at the coming edge.
    void note_accepted(std::size_t token);
    void note_taken(std::size_t token, std::size_t sent);
    /// Nothing has moved for `idle` cycles, the result of token `due` comes next: throws TimeoutError if that is too
    /// long.
    void check_patience(std::uint64_t idle, std::size_t due) const;
    /// The error at hand, with the head (`sequence`) and its tokens in flight.
    [[noreturn]] void rethrow(std::size_t sequence, std::size_t taken, std::size_t sent) const;

    Config config_;
    RtlOptions options_;
    Schedule schedule_;
    std::unique_ptr<RtlHead> head_;
    HeadPins pins_;
    std::unique_ptr<AnalogBridge> bridge_;
    unsigned query_bits_;
    unsigned store_bits_;
    unsigned sum_bits_;
    TraceSignals trace_signals_;
    std::unique_ptr<AnalogTrace> trace_;
    HeadObserver* observer_ = nullptr;
    bool settles_first_;  ///< clock gates must see the host's new pins while the clock is low
    bool tracing_ = false;
    std::uint64_t traced_ps_ = 0;  ///< how far the analog side's waveforms have come
    std::uint64_t cycle_ = 0;
    std::vector<std::uint8_t> codes_;
    std::vector<std::int32_t> sums_;
    std::vector<std::uint64_t> accepted_;  ///< ring: the cycles at which the tokens in flight were accepted
    RtlTiming timing_;
    std::optional<Host> resumed_;  ///< of the coming run
    std::optional<Stream> stream_;
    std::size_t save_after_ = 0;
    StateSink save_to_;  ///< empty when there is nothing to save
};

}  // namespace gca
