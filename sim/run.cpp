#include "sim/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>

#include "behavioral/error.h"
#include "behavioral/functional_head.h"
#include "behavioral/reference.h"
#include "behavioral/softmax_attention.h"
#include "sim/explain.h"
#include "sim/interrupt.h"
#include "sim/printable.h"

namespace gca {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr std::size_t kMaxProbeBytes = std::size_t{8} << 30U;

/// Calls `work(worker, head)` for every head, from `threads` threads. Rethrows the first exception.
void for_each_head(std::size_t heads, unsigned threads, const std::function<void(unsigned, std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr error;
    std::mutex error_mutex;
    const auto loop = [&](unsigned worker) {
        try {
            for (std::size_t head = next++; head < heads; head = next++) {
                work(worker, head);
            }
        } catch (...) {
            const std::lock_guard lock(error_mutex);
            error = error ? error : std::current_exception();
            next = heads;
        }
    };
    {
        std::vector<std::jthread> pool;
        for (unsigned worker = 1; worker < threads; ++worker) {
            pool.emplace_back(loop, worker);
        }
        loop(0);
    }
    if (error) {
        std::rethrow_exception(error);
    }
}

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

// NOLINTNEXTLINE(readability-function-cognitive-complexity): which engine a head has is decided in one place
void run_rtl(const Config& config, const Sequences& sequences, const RunOptions& options,
             const std::optional<Checkpoint>& resumed, RunResult& result, Collector& collector) {
    const RtlOptions plain{.window = result.window,
                           .mode = options.mode,
                           .backpressure = options.backpressure,
                           .seed = options.seed,
                           .trace = std::nullopt};
    RtlOptions with_trace = plain;
    TraceSelection selection;
    if (options.trace) {
        selection = resolve(*options.trace, config.geometry, sequences.heads, sequences.tokens, result.first_token);
        with_trace.trace = selection;
    }
    std::optional<CheckpointWriter> checkpoint;
    if (options.checkpoint) {
        checkpoint.emplace(*options.checkpoint, CheckpointRun{config, result.window, sequences}, result.first_token);
    }
    // The traced heads have an engine of their own, and so has each head that is saved or resumed: their times do not
    // depend on the heads before them.
    const bool own_engines = checkpoint || resumed;
    if (own_engines && selection.end_head > selection.first_head + 1) {
        throw InputError(fmt::format("--trace-head is {}: must be one head where a run is saved or resumed",
                                     printable(options.trace->heads)));
    }
    std::vector<std::unique_ptr<RtlEngine>> engines(own_engines ? 0 : result.threads);
    for (std::unique_ptr<RtlEngine>& engine : engines) {
        engine = std::make_unique<RtlEngine>(config, plain);
    }
    result.timing.emplace();
    std::mutex figures_mutex;
    const auto add_figures = [&](RtlEngine& engine) {
        const std::lock_guard lock(figures_mutex);
        result.timing->merge(engine.timing());
        add(result.statistics,
            {.phi_saturated = engine.phi_saturated(), .counts_saturated = engine.status().saturated});
    };
    const auto run_head = [&](RtlEngine& engine, std::size_t head) {
        if (checkpoint) {
            engine.save_after(options.checkpoint->tokens, [&](HeadState state) { checkpoint->add(std::move(state)); });
        }
        engine.run(
            head, sequences.tokens, [&](std::size_t token) { return sequences.token(head, token); },
            [&](std::size_t token, std::span<const std::int32_t> sums) { collector.add_sums(head, token, sums); });
    };
    const auto start = Clock::now();
    for_each_head(sequences.heads, result.threads, [&](unsigned worker, std::size_t head) {
        const bool traced = head >= selection.first_head && head < selection.end_head;
        if (!traced && !own_engines) {
            run_head(*engines[worker], head);
        } else if (!traced || head == selection.first_head) {
            RtlEngine engine(config, traced ? with_trace : plain, resumed ? &resumed->heads[head] : nullptr);
            for (std::size_t h = head; h < (traced ? selection.end_head : head + 1); ++h) {
                run_head(engine, h);
            }
            add_figures(engine);
        }
    });
    result.wall_s = seconds_since(start);
    for (const std::unique_ptr<RtlEngine>& engine : engines) {
        add_figures(*engine);
    }
}

template <typename Model>
void run_model(const Config& config, const Sequences& sequences, RunResult& result, Collector& collector) {
    std::vector<std::unique_ptr<Model>> models(result.threads);
    for (std::unique_ptr<Model>& model : models) {
        model = std::make_unique<Model>(config, result.window);
    }
    const auto start = Clock::now();
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
    result.wall_s = seconds_since(start);
    for (const std::unique_ptr<Model>& model : models) {
        add(result.statistics, model->statistics());
    }
}

/// Seconds that the check of the whole run takes on one thread, from a first stretch of one head.
double estimate_check(const Config& config, const Sequences& sequences, std::size_t window) {
    constexpr std::size_t kStretch = 64;
    const auto visible = [window](std::size_t tokens) {
        const std::size_t ramp = std::min(tokens, window);
        return static_cast<double>(ramp) * static_cast<double>(ramp + 1) / 2.0 +
               static_cast<double>(tokens - ramp) * static_cast<double>(window);
    };
    Reference reference(config, window);
    SoftmaxAttention softmax(sequences.dim, window);
    StepResult step;
    const std::size_t stretch = std::min(kStretch, sequences.tokens);
    const auto start = Clock::now();
    for (std::size_t token = 0; token < stretch; ++token) {
        reference.step(sequences.token(0, token), step);
        softmax.step(sequences.token(0, token), step);
    }
    const double sample_s = seconds_since(start);
    return sample_s / visible(stretch) * visible(sequences.tokens) * static_cast<double>(sequences.heads);
}

struct HeadCheck {
    CheckResult result;
    double cosine = 0.0;
    double rms = 0.0;
};

/// Compares one token's outputs with the reference's.
void check_token(const Config& config, const RunResult& run, std::size_t first, const StepResult& expected,
                 std::span<const std::uint32_t> near_threshold, Mismatch at, CheckResult& sums) {
    const Scaler& scaler = config.scalers.output;
    const bool counter = !run.counts.empty();
    for (std::size_t e = 0; e < expected.y.size(); ++e) {
        ++sums.outputs;
        if (near_threshold[e] != 0) {
            ++sums.near_threshold;
            continue;
        }
        const double y = static_cast<float>(scaler.gain(at.head) * expected.y[e] + scaler.offset(at.head));
        const double got = run.y[first + e];
        sums.largest_difference = std::max(sums.largest_difference, std::fabs(y - got));
        // Without a quantiser, y is a sum of real numbers that both models round in their own way.
        const bool off = config.quantization.output == OutputQuantizer::off;
        const double tolerance = off ? 1e-5 * std::max(1.0, std::fabs(y)) : 0.0;
        const bool same = counter ? run.counts[first + e] == expected.counts[e] : std::fabs(y - got) <= tolerance;
        if (same) {
            continue;
        }
        ++sums.mismatches;
        if (!sums.first) {
            at.output = e;
            at.expected = counter ? expected.counts[e] : y;
            at.got = counter ? static_cast<double>(run.counts[first + e]) : got;
            sums.first = at;
        }
    }
}

HeadCheck check_head(const Config& config, const Sequences& sequences, std::size_t head, const RunResult& run) {
    HeadCheck check;
    Reference reference(config, run.window);
    SoftmaxAttention softmax(sequences.dim, run.window);
    Agreement agreement;
    StepResult expected;
    StepResult exact;
    std::vector<double> unscaled(sequences.dim);  // the run's values before the output scaler
    const double a = config.scalers.output.gain(head);
    const double b = config.scalers.output.offset(head);
    for (std::size_t token = 0; token < sequences.tokens; ++token) {
        check_interrupt();
        reference.step(sequences.token(head, token), expected);
        softmax.step(sequences.token(head, token), exact);
        if (token < run.first_token) {
            continue;
        }
        const std::size_t first =
            (head * (sequences.tokens - run.first_token) + token - run.first_token) * sequences.dim;
        check_token(config, run, first, expected, reference.near_threshold(), {.head = head, .token = token},
                    check.result);
        for (std::size_t e = 0; e < sequences.dim; ++e) {
            unscaled[e] = a != 0.0 ? (run.y[first + e] - b) / a : expected.y[e];
        }
        agreement.add(unscaled, exact.y);
    }
    check.cosine = agreement.cosine_similarity();
    check.rms = agreement.relative_rms_difference();
    return check;
}

void check_run(const Config& config, const Sequences& sequences, RunResult& run) {
    std::vector<HeadCheck> heads(sequences.heads);
    for_each_head(sequences.heads, run.threads, [&](unsigned /*worker*/, std::size_t head) {
        heads[head] = check_head(config, sequences, head, run);
    });
    CheckResult& sums = run.check;
    sums.done = true;
    for (const HeadCheck& head : heads) {
        sums.outputs += head.result.outputs;
        sums.near_threshold += head.result.near_threshold;
        sums.mismatches += head.result.mismatches;
        sums.largest_difference = std::max(sums.largest_difference, head.result.largest_difference);
        sums.first = sums.first ? sums.first : head.result.first;
        if (std::isfinite(head.cosine) && std::isfinite(head.rms)) {
            ++sums.softmax_heads;
            sums.softmax_cosine += head.cosine;
            sums.softmax_rms_relative += head.rms;
        }
    }
    if (sums.softmax_heads > 0) {
        sums.softmax_cosine /= static_cast<double>(sums.softmax_heads);
        sums.softmax_rms_relative /= static_cast<double>(sums.softmax_heads);
    }
}

void allocate_probe(const Config& config, const Sequences& sequences, const RunOptions& options, RunResult& result) {
    if (options.engine == Engine::rtl) {
        throw InputError(
            "--probe is for the functional and reference engines: the rtl engine's charges are in its trace");
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
    if (options.trace && options.engine != Engine::rtl) {
        throw InputError("--trace is for the rtl engine: the other engines have no signals");
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
            run_rtl(config, sequences, options, resumed, result, collector);
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
            if (result.check.first && options.engine != Engine::reference) {
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
        case Engine::functional:
            return "functional";
        case Engine::reference:
            break;
    }
    return "reference";
}

std::string_view to_string(Mode mode) {
    return mode == Mode::sequential ? "sequential" : "pipelined";
}

}  // namespace gca
