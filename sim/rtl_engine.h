// The RTL engine: a Verilated head, its analog bridge, and a host that offers tokens and takes results.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/head.h"
#include "sim/analog_bridge.h"
#include "sim/rtl_head.h"

namespace gca {

enum class Mode { sequential, pipelined };

/// How the host behaves: `none` always offers a token and always takes a result; `random` pauses both at random times,
/// for spells of a few cycles up to longer than a token's latency.
enum class Backpressure { none, random };

struct RtlOptions {
    std::size_t window = 0;
    Mode mode = Mode::sequential;
    Backpressure backpressure = Backpressure::none;
    std::uint64_t seed = 1;  ///< of the host's pauses and of uninitialised flops
    std::optional<std::filesystem::path> trace;
};

/// What was seen at the ports. Latency: from the edge that accepts a token to the edge that takes its result; interval:
/// between accepting edges within a sequence. In clock cycles.
struct RtlTiming {
    std::uint64_t cycles = 0;
    std::uint64_t tokens = 0;
    std::uint64_t min_latency = UINT64_MAX;
    std::uint64_t max_latency = 0;
    std::uint64_t min_interval = UINT64_MAX;
    std::uint64_t max_interval = 0;

    void merge(const RtlTiming& other);
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
    RtlEngine(const Config& config, const RtlOptions& options);
    RtlEngine(const RtlEngine&) = delete;
    RtlEngine& operator=(const RtlEngine&) = delete;
    ~RtlEngine() = default;

    using TokenSource = std::function<Token(std::size_t)>;
    /// Called with a token's index and its [dim] sums, in order.
    using ResultSink = std::function<void(std::size_t, std::span<const std::int32_t>)>;

    /// Sends one new sequence of `tokens` tokens through the head and gives all its results. The host's pauses follow
    /// from the seed and `sequence` alone. Throws BoundaryError or TimeoutError, the trace closed.
    void run(std::size_t sequence, std::size_t tokens, const TokenSource& token, const ResultSink& result);

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
    /// A line that is on and off for random spells, or always on.
    class Pauses {
     public:
        Pauses(Backpressure kind, std::uint64_t seed) : kind_(kind), random_(seed) {}
        bool next();

     private:
        Backpressure kind_;
        std::mt19937_64 random_;
        bool on_ = false;
        unsigned left_ = 0;
    };

    void reset();
    void clock();
    void drive_token(const Token& token);
    void read_sums();
    /// Token number `token` of the sequence is accepted, or its result taken, at the coming edge.
    void note_accepted(std::size_t token);
    void note_taken(std::size_t token, std::size_t sent);
    /// The error at hand, with the head (`sequence`) and its tokens in flight.
    [[noreturn]] static void rethrow(std::size_t sequence, std::size_t taken, std::size_t sent);

    Config config_;
    RtlOptions options_;
    Schedule schedule_;
    std::unique_ptr<RtlHead> head_;
    HeadPins pins_;
    std::unique_ptr<AnalogBridge> bridge_;
    unsigned query_bits_;
    unsigned store_bits_;
    unsigned sum_bits_;
    HeadObserver* observer_ = nullptr;
    bool tracing_ = false;
    std::uint64_t cycle_ = 0;
    std::vector<std::uint8_t> codes_;
    std::vector<std::int32_t> sums_;
    std::vector<std::uint64_t> accepted_;  ///< ring: the cycles at which the tokens in flight were accepted
    RtlTiming timing_;
};

}  // namespace gca
