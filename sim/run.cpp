#include "sim/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <thread>

#include "behavioral/error.h"
#include "behavioral/functional_head.h"
#include "behavioral/reference.h"
#include "sim/explain.h"
#include "sim/interrupt.h"
#include "sim/parallel.h"
#include "sim/printable.h"
#include "sim/run_check.h"
#include "sim/stopwatch.h"

namespace gca {

namespace {

constexpr std::size_t kMaxProbeBytes = std::size_t{8} << 30U;

/// Where a run's results go, and how: sums become values, and the head's output scaler is applied.
class Collector {
 public:
    Collector(const Config& config, const Sequences& sequences, RunResult& result, std::atomic<std::uint64_t>& progress)
        : config_(config), sequences_(sequences), result_(result), progress_(progress) {}

    void add_sums(std::size_t head, std::size_t token, std::span<const std::int32_t> sums) {
        const double full = config_.quantization.output_levels - 1;
        const std::size_t first = begin(head, token);
        for (std::size_t e = 0; e < sums.size(); ++e) {
            result_.counts[first + e] = static_cast<std::int16_t>(sums[e]);
            store_y(head, first + e, sums[e] / full);
        }
        progress_.fetch_add(1, std::memory_order_relaxed);
    }

    void add_step(std::size_t head, std::size_t token, const StepResult& step) {
        const std::size_t first = begin(head, token);
        for (std::size_t e = 0; e < step.y.size(); ++e) {
            if (!step.counts.empty()) {
                result_.counts[first + e] = static_cast<std::int16_t>(step.counts[e]);
            }
            store_y(head, first + e, step.y[e]);
        }
        progress_.fetch_add(1, std::memory_order_relaxed);
    }

    /// Physical columns to tokens: token j is in column j mod window while it is visible.
    void add_probe(std::size_t head, std::size_t token, const Probe& probe) {
        const std::size_t oldest = token + 1 > result_.window ? token + 1 - result_.window : 0;
        const std::size_t row = (head * sequences_.tokens + token) * sequences_.tokens;
        for (std::size_t j = oldest; j <= token; ++j) {
            result_.probe->s[row + j] = static_cast<float>(probe.s[j % result_.window]);
            result_.probe->phi[row + j] = static_cast<float>(probe.phi[j % result_.window]);
        }
        std::transform(
            probe.a.begin(), probe.a.end(),
            result_.probe->a.begin() + static_cast<std::ptrdiff_t>((head * sequences_.tokens + token) * probe.a.size()),
            [](double a) { return static_cast<float>(a); });
    }

 private:
    [[nodiscard]] std::size_t begin(std::size_t head, std::size_t token) const {
        return (head * (sequences_.tokens - result_.first_token) + token - result_.first_token) * sequences_.dim;
    }
    void store_y(std::size_t head, std::size_t index, double y) {
        const Scaler& scaler = config_.scalers.output;
        result_.y[index] = static_cast<float>(scaler.gain(head) * y + scaler.offset(head));
    }

    const Config& config_;
    const Sequences& sequences_;
    RunResult& result_;
    std::atomic<std::uint64_t>& progress_;
};

void add(StepStatistics& sum, const StepStatistics& part) {
    sum.phi_saturated += part.phi_saturated;
    sum.counts_saturated += part.counts_saturated;
}

/// The heads of a run through an engine with a clock. Each thread has an engine; so have the traced heads together, and
/// each head that is saved or resumed: their times then do not depend on the heads before them.
class RtlRun {
 public:
    RtlRun(const Config& config, const Sequences& sequences, const RunOptions& options,
           const std::optional<Checkpoint>& resumed, RunResult& result, Collector& collector)
        : config_(config),
          sequences_(sequences),
          resumed_(resumed),
          result_(result),
          collector_(collector),
          plain_{.window = result.window,
                 .mode = options.mode,
                 .backpressure = options.backpressure,
                 .seed = options.seed,
                 .trace = std::nullopt,
                 .gate_head = options.gate_head,
                 .lockstep = options.lockstep} {
        if (options.trace) {
            traced_ = resolve(*options.trace, config.geometry, sequences.heads, sequences.tokens, result.first_token);
        }
        if (options.checkpoint) {
            checkpoint_.emplace(*options.checkpoint, CheckpointRun{config, result.window, sequences},
                                result.first_token);
            checkpoint_at_ = options.checkpoint->tokens;
        }
        if (has_own_engines() && traced_ && traced_->end_head > traced_->first_head + 1) {
            throw InputError(fmt::format("--trace-head is {}: must be one head where a run is saved or resumed",
                                         printable(options.trace->heads)));
        }
        engines_.resize(has_own_engines() ? 0 : result.threads);
        for (std::unique_ptr<RtlEngine>& engine : engines_) {
            engine = std::make_unique<RtlEngine>(config, plain_);
        }
    }

    void run() {
        result_.timing.emplace();
        const Stopwatch stopwatch;
        for_each_head(sequences_.heads, result_.threads, [this](unsigned worker, std::size_t head) {
            if (traced_ && head >= traced_->first_head && head < traced_->end_head) {
                run_traced(head);
            } else if (has_own_engines()) {
                RtlEngine engine(config_, plain_, state_of(head));
                run_head(engine, head);
                add_figures(engine);
            } else {
                run_head(*engines_[worker], head);
            }
        });
        result_.wall_s = stopwatch.seconds();
        for (const std::unique_ptr<RtlEngine>& engine : engines_) {
            add_figures(*engine);
        }
    }

 private:
    [[nodiscard]] bool has_own_engines() const { return checkpoint_ || resumed_; }
    [[nodiscard]] const HeadState* state_of(std::size_t head) const {
        return resumed_ ? &resumed_->heads[head] : nullptr;
    }

    /// The first of the traced heads brings the others with it.
    void run_traced(std::size_t head) {
        if (head != traced_->first_head) {
            return;
        }
        RtlOptions options = plain_;
        options.trace = traced_;
        RtlEngine engine(config_, options, state_of(head));
        for (; head < traced_->end_head; ++head) {
            run_head(engine, head);
        }
        add_figures(engine);
    }

    void run_head(RtlEngine& engine, std::size_t head) {
        if (checkpoint_) {
            engine.save_after(checkpoint_at_, [this](HeadState state) { checkpoint_->add(std::move(state)); });
        }
        engine.run(
            head, sequences_.tokens, [&](std::size_t token) { return sequences_.token(head, token); },
            [&](std::size_t token, std::span<const std::int32_t> sums) { collector_.add_sums(head, token, sums); });
    }

    void add_figures(RtlEngine& engine) {
        const std::lock_guard lock(figures_mutex_);
        result_.timing->merge(engine.timing());
        add(result_.statistics,
            {.phi_saturated = engine.phi_saturated(), .counts_saturated = engine.status().saturated});
    }

    const Config& config_;
    const Sequences& sequences_;
    const std::optional<Checkpoint>& resumed_;
    RunResult& result_;
    Collector& collector_;
    RtlOptions plain_;
    std::optional<TraceSelection> traced_;
    std::optional<CheckpointWriter> checkpoint_;
    std::size_t checkpoint_at_ = 0;
    std::vector<std::unique_ptr<RtlEngine>> engines_;
    std::mutex figures_mutex_;
};

/// One head after the other: the board has one.
void run_board(const Config& config, const Sequences& sequences, const RunOptions& options, RunResult& result,
               Collector& collector) {
    BoardEngine board(config, result.window, options.board);
    const Stopwatch stopwatch;
    for (std::size_t head = 0; head < sequences.heads; ++head) {
        board.run(
            sequences.tokens, [&](std::size_t token) { return sequences.token(head, token); },
            [&](std::size_t token, std::span<const std::int32_t> sums) { collector.add_sums(head, token, sums); });
    }
    result.wall_s = stopwatch.seconds();
    result.board = board.figures();
    result.statistics.counts_saturated = result.board->status.saturated;
    result.check.margin = std::max(result.check.margin, result.board->margin);
}

template <typename Model>
void run_model(const Config& config, const Sequences& sequences, RunResult& result, Collector& collector) {
    std::vector<std::unique_ptr<Model>> models(result.threads);
    for (std::unique_ptr<Model>& model : models) {
        model = std::make_unique<Model>(config, result.window);
    }
    const Stopwatch stopwatch;
    for_each_head(sequences.heads, result.threads, [&](unsigned worker, std::size_t head) {
        Model& model = *models[worker];
        StepResult step;
        Probe probe;
        model.new_sequence();
        for (std::size_t token = 0; token < sequences.tokens; ++token) {
            check_interrupt();
            model.step(sequences.token(head, token), step, result.probe ? &probe : nullptr);
            collector.add_step(head, token, step);
            if (result.probe) {
                collector.add_probe(head, token, probe);
            }
        }
    });
    result.wall_s = stopwatch.seconds();
    for (const std::unique_ptr<Model>& model : models) {
        add(result.statistics, model->statistics());
    }
}

void allocate_probe(const Config& config, const Sequences& sequences, const RunOptions& options, RunResult& result) {
    if (has_clock(options.engine) || options.engine == Engine::board) {
        throw InputError(
            "--probe is for the functional and reference engines: the charges of rtl and gates are in their trace");
    }
    const std::size_t rows = sequences.heads * sequences.tokens;
    const std::size_t charges = config.geometry.tiles * sequences.dim;
    const std::size_t bytes = rows * (2 * sequences.tokens + charges) * sizeof(float);
    if (bytes > kMaxProbeBytes) {
        throw InputError(fmt::format("--probe needs {:.1f} GiB for {} heads of {} tokens: at most {} GiB",
                                     static_cast<double>(bytes) / (1U << 30U), sequences.heads, sequences.tokens,
                                     kMaxProbeBytes >> 30U));
    }
    result.probe.emplace();
    result.probe->s.assign(rows * sequences.tokens, 0.0F);
    result.probe->phi.assign(rows * sequences.tokens, 0.0F);
    result.probe->a.assign(rows * charges, 0.0F);
}

}  // namespace

void check_options(const Config& config, const RunOptions& options) {
    if (options.window > config.geometry.capacity()) {
        throw InputError(fmt::format("--window is {}: must be 1 to {}, the capacity of geometry {}x{}x{}",
                                     options.window, config.geometry.capacity(), config.geometry.dim,
                                     config.geometry.tile_tokens, config.geometry.tiles));
    }
    const std::size_t largest_sum = config.geometry.tiles * (config.quantization.output_levels - 1);
    if (config.quantization.output == OutputQuantizer::counter &&
        largest_sum > static_cast<std::size_t>(std::numeric_limits<std::int16_t>::max())) {
        throw InputError(
            fmt::format("geometry.tiles * (quantization.output_levels - 1) is {}: at most {}, the results are "
                        "16-bit numbers",
                        largest_sum, std::numeric_limits<std::int16_t>::max()));
    }
    if (options.engine == Engine::gates && options.gate_head.empty()) {
        throw InputError(
            "--engine gates needs --gate-head FILE.so: scripts/gates synthesizes a head, builds that file and runs it");
    }
    if (options.engine != Engine::gates && !options.gate_head.empty()) {
        throw InputError("--gate-head is for the gates engine: add --engine gates");
    }
    if (options.engine != Engine::gates && options.lockstep) {
        throw InputError("--lockstep is for the gates engine: add --engine gates");
    }
    if (options.engine == Engine::board) {
        if (options.board.port.empty()) {
            throw InputError("--engine board needs --port: the board's serial line, such as /dev/ttyUSB0");
        }
        if (options.mode != Mode::sequential || options.backpressure != Backpressure::none) {
            throw InputError(
                "--mode and --backpressure are for the rtl engine: a board takes one token after the other");
        }
    }
    if (options.trace && !has_clock(options.engine)) {
        throw InputError("--trace is for the rtl and gates engines: the other engines have no signals");
    }
    if ((options.checkpoint || options.resume) && options.engine != Engine::rtl) {
        throw InputError(fmt::format("--{} is for the rtl engine: the other engines have no state to save",
                                     options.checkpoint ? "checkpoint-at" : "resume"));
    }
}

RunResult run(const Config& config, const Sequences& sequences, const RunOptions& options,
              std::atomic<std::uint64_t>& progress) {
    check_options(config, options);
    RunResult result;
    result.window = options.window == 0 ? config.geometry.capacity() : options.window;
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t wanted = options.threads != 0 ? options.threads : cores;
    result.threads = static_cast<unsigned>(std::clamp<std::size_t>(sequences.heads, 1, wanted));
    if (options.probe) {
        allocate_probe(config, sequences, options, result);
    }
    std::optional<Checkpoint> resumed;
    if (options.resume) {
        resumed = read_checkpoint(*options.resume, {config, result.window, sequences});
        result.first_token = resumed->tokens;
        progress += sequences.heads * result.first_token;
    }
    const std::size_t head_tokens = sequences.heads * (sequences.tokens - result.first_token);
    result.y.assign(head_tokens * sequences.dim, 0.0F);
    if (config.quantization.output == OutputQuantizer::counter) {
        result.counts.assign(result.y.size(), 0);
    }

    Collector collector(config, sequences, result, progress);
    switch (options.engine) {
        case Engine::rtl:
        case Engine::gates:
            RtlRun(config, sequences, options, resumed, result, collector).run();
            break;
        case Engine::board:
            result.threads = 1;
            run_board(config, sequences, options, result, collector);
            break;
        case Engine::functional:
            run_model<FunctionalHead>(config, sequences, result, collector);
            break;
        case Engine::reference:
            run_model<Reference>(config, sequences, result, collector);
            break;
    }

    if (head_tokens > 0 && options.check != Check::never) {
        constexpr double kWorthwhile = 0.2;
        result.check.estimated_s = estimate_check(config, sequences, result.window) / result.threads;
        if (options.check == Check::always || result.check.estimated_s < kWorthwhile * result.wall_s) {
            check_run(config, sequences, result);
            if (result.check.first && options.engine != Engine::reference && options.engine != Engine::board) {
                result.check.location = locate(config, sequences, options, *result.check.first);
            }
        }
    }
    return result;
}

std::string_view to_string(Engine engine) {
    switch (engine) {
        case Engine::rtl:
            return "rtl";
        case Engine::gates:
            return "gates";
        case Engine::functional:
            return "functional";
        case Engine::board:
            return "board";
        case Engine::reference:
            break;
    }
    return "reference";
}

std::string_view to_string(Mode mode) {
    return mode == Mode::sequential ? "sequential" : "pipelined";
}

}  // namespace gca
