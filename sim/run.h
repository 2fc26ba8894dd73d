// `gca run`: sends every head's sequence through one engine, heads spread over threads, and checks the result.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/head.h"
#include "sim/board_engine.h"
#include "sim/checkpoint.h"
#include "sim/rtl_engine.h"
#include "sim/sequences.h"
#include "sim/stage_compare.h"
#include "sim/trace_options.h"

namespace gca {

enum class Engine { rtl, gates, functional, reference, board };

/// Whether cycles pass: the head is hardware.
[[nodiscard]] constexpr bool has_clock(Engine engine) {
    return engine == Engine::rtl || engine == Engine::gates;
}

enum class Check {
    automatic,  ///< where it adds less than a fifth to the run's time
    always,
    never,
};

struct RunOptions {
    Engine engine = Engine::rtl;
    Mode mode = Mode::sequential;
    Backpressure backpressure = Backpressure::none;
    std::size_t window = 0;  ///< 0: the capacity
    unsigned threads = 0;    ///< 0: one a head, at most one a core
    std::uint64_t seed = 1;
    bool probe = false;
    Check check = Check::automatic;
    std::optional<TraceOptions> trace;
    std::optional<CheckpointOptions> checkpoint = std::nullopt;
    std::optional<std::filesystem::path> resume = std::nullopt;  ///< a checkpoint
    std::filesystem::path gate_head{};                           ///< gates engine only: its library
    bool lockstep = false;                                       ///< gates engine only: beside the rtl engine's head
    BoardOptions board = {};                                     ///< board engine only
};

/// Analog quantities of a whole run. `s`, `phi`: row = query's token, column = key's token, zero where masked.
struct ProbeArrays {
    std::vector<float> s;    ///< [heads][tokens][tokens]
    std::vector<float> phi;  ///< [heads][tokens][tokens]
    std::vector<float> a;    ///< [heads][tokens][tiles][dim]
};

/// One output that differs from the reference.
struct Mismatch {
    std::size_t head = 0;
    std::size_t token = 0;
    std::size_t output = 0;
    double expected = 0.0;
    double got = 0.0;
};

/// At which stage a mismatch first shows, by a replay (sim/explain.h).
struct Location {
    std::optional<Difference> difference;
    std::string why_not;  ///< where there is none
};

struct CheckResult {
    bool done = false;
    double estimated_s = 0.0;  ///< what it would have taken, where it was not done
    std::uint64_t outputs = 0;
    std::uint64_t near_threshold = 0;  ///< outputs left out: the reference is within `margin` of a rounding threshold
    double margin = 1e-9;              ///< in counts or steps
    std::uint64_t mismatches = 0;
    double largest_difference = 0.0;  ///< of y
    std::optional<Mismatch> first;
    std::optional<Location> location;   ///< of the first
    std::size_t softmax_heads = 0;      ///< heads with an output to compare: one that is silent has no direction
    double softmax_cosine = 0.0;        ///< mean over these heads
    double softmax_rms_relative = 0.0;  ///< after the best single scale of each head, mean over these heads
};

/// Of a run that was resumed, y and counts begin with `first_token`; the figures are those of the whole run.
struct RunResult {
    std::size_t first_token = 0;
    std::vector<float> y;              ///< [heads][tokens][dim], output scalers applied
    std::vector<std::int16_t> counts;  ///< [heads][tokens][dim]; empty unless the output quantiser is the counter
    std::optional<ProbeArrays> probe;
    StepStatistics statistics;
    std::optional<RtlTiming> timing;    ///< engines with a clock only
    std::optional<BoardFigures> board;  ///< board engine only
    double wall_s = 0.0;                ///< the engine alone
    unsigned threads = 1;
    std::size_t window = 0;
    CheckResult check;
};

/// Throws InputError for options that do not fit the configuration.
void check_options(const Config& config, const RunOptions& options);

/// Throws InputError for options that do not fit the configuration or the input.
/// `progress` counts the tokens done, for a progress bar.
[[nodiscard]] RunResult run(const Config& config, const Sequences& sequences, const RunOptions& options,
                            std::atomic<std::uint64_t>& progress);

[[nodiscard]] std::string_view to_string(Engine engine);
[[nodiscard]] std::string_view to_string(Mode mode);

}  // namespace gca
