#include "sim/bench.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <thread>

#include "behavioral/functional_head.h"
#include "behavioral/reference.h"
#include "sim/rtl_engine.h"
#include "sim/sequences.h"
#include "sim/stopwatch.h"

namespace gca {

namespace {

/// One head of tokens without structure: about half of the pulses of S3 are on, more than in a language model's head.
Sequences random_sequence(const Config& config, std::size_t tokens) {
    Sequences s{.heads = 1, .tokens = tokens, .dim = config.geometry.dim, .q = {}, .k = {}, .v = {}};
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    const auto fill = [&](std::vector<double>& values, double mean, double deviation, double full_scale) {
        values.resize(tokens * s.dim);
        std::generate(values.begin(), values.end(),
                      [&] { return std::clamp(mean + deviation * normal(random), 0.0, full_scale); });
    };
    fill(s.q, 0.4, 0.2, 1.0);
    fill(s.k, kOffsetV, 0.2, kSupplyV);
    fill(s.v, kOffsetV, 0.2, kSupplyV);
    return s;
}

/// An engine ready to run: `steps(n)` computes n more tokens with a full window.
using Stepper = std::function<void(std::size_t)>;

template <typename Model>
Stepper model_stepper(const Config& config, const Sequences& input) {
    auto model = std::make_shared<Model>(config, config.geometry.capacity());
    auto next = std::make_shared<std::size_t>(0);
    auto step = std::make_shared<StepResult>();
    Stepper run = [model, next, step, &input](std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            model->step(input.token(0, (*next)++ % input.tokens), *step);
        }
    };
    run(config.geometry.capacity());
    return run;
}

/// Rate of the rtl engine with a full window: the clock starts when the window is full.
double rtl_rate(RtlEngine& engine, const Config& config, const Sequences& input, std::size_t tokens) {
    const std::size_t window = config.geometry.capacity();
    Stopwatch stopwatch;
    engine.run(
        0, window + tokens, [&](std::size_t token) { return input.token(0, token % input.tokens); },
        [&](std::size_t token, std::span<const std::int32_t> /*sums*/) {
            if (token + 1 == window) {
                stopwatch = {};
            }
        });
    return static_cast<double>(tokens) / stopwatch.seconds();
}

double stepper_rate(const Stepper& stepper, std::size_t tokens) {
    const Stopwatch stopwatch;
    stepper(tokens);
    return static_cast<double>(tokens) / stopwatch.seconds();
}

/// Sum of the rates of `count` threads that run `rate` at the same time.
double together(unsigned count, const std::function<double(unsigned)>& rate) {
    std::vector<double> rates(count);
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < count; ++i) {
            threads.emplace_back([&, i] { rates[i] = rate(i); });
        }
    }
    double sum = 0.0;
    for (const double r : rates) {
        sum += r;
    }
    return sum;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0.0;
    double resident = 0.0;
    statm >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// One measured line: how to get a rate, for how many tokens, and the rates of the repeats.
struct Entry {
    std::string name;
    unsigned threads;
    std::function<double(unsigned worker, std::size_t tokens)> rate;
    std::size_t tokens = 0;
    std::vector<double> rates{};
};

double ratio(const Entry& two, const Entry& one) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < one.rates.size(); ++i) {
        ratios.push_back(two.rates[i] / one.rates[i]);
    }
    return median(ratios);
}

}  // namespace

BenchReport run_bench(const Config& config, unsigned repeats, double seconds) {
    BenchReport report;
    report.vector_extension = kernels::target_name();
    const Sequences input = random_sequence(config, 4 * config.geometry.capacity());
    const std::size_t window = config.geometry.capacity();

    const double before = resident_bytes();
    std::vector<std::unique_ptr<RtlEngine>> sequential;
    std::vector<std::unique_ptr<RtlEngine>> pipelined;
    for (int i = 0; i < 2; ++i) {
        sequential.push_back(std::make_unique<RtlEngine>(config, RtlOptions{.window = window, .trace = {}}));
        rtl_rate(*sequential.back(), config, input, 1);
    }
    report.head_bytes = (resident_bytes() - before) / 2.0;
    pipelined.push_back(
        std::make_unique<RtlEngine>(config, RtlOptions{.window = window, .mode = Mode::pipelined, .trace = {}}));
    const std::vector<Stepper> functional{model_stepper<FunctionalHead>(config, input),
                                          model_stepper<FunctionalHead>(config, input)};
    const Stepper reference = model_stepper<Reference>(config, input);

    const auto rtl = [&](auto& engines) {
        return [&](unsigned worker, std::size_t tokens) { return rtl_rate(*engines[worker], config, input, tokens); };
    };
    const auto fast = [&](unsigned worker, std::size_t tokens) { return stepper_rate(functional[worker], tokens); };
    std::vector<Entry> entries{
        {"rtl, sequential", 1, rtl(sequential)},
        {"rtl, sequential", 2, rtl(sequential)},
        {"rtl, pipelined", 1, rtl(pipelined)},
        {"functional", 1, fast},
        {"functional", 2, fast},
        {"reference", 1, [&](unsigned /*worker*/, std::size_t tokens) { return stepper_rate(reference, tokens); }},
    };
    for (Entry& entry : entries) {
        constexpr std::size_t kProbeTokens = 64;
        entry.tokens =
            std::max<std::size_t>(kProbeTokens, static_cast<std::size_t>(entry.rate(0, kProbeTokens) * seconds));
    }
    for (unsigned i = 0; i < repeats; ++i) {
        for (Entry& entry : entries) {
            entry.rates.push_back(
                together(entry.threads, [&](unsigned worker) { return entry.rate(worker, entry.tokens); }));
        }
    }
    for (const Entry& entry : entries) {
        report.rows.push_back({.name = entry.name,
                               .threads = entry.threads,
                               .median_per_s = median(entry.rates),
                               .best_per_s = *std::max_element(entry.rates.begin(), entry.rates.end())});
    }
    report.rtl_two_thread_ratio = ratio(entries[1], entries[0]);
    report.functional_two_thread_ratio = ratio(entries[4], entries[3]);
    return report;
}

std::string format_bench(const BenchReport& report) {
    std::string text = fmt::format("head-tokens/s with a full window, vector extension {}\n", report.vector_extension);
    text += fmt::format("  {:<18}{:>8}{:>12}{:>12}\n", "engine", "threads", "median", "best");
    for (const BenchRow& row : report.rows) {
        text +=
            fmt::format("  {:<18}{:>8}{:>12.0f}{:>12.0f}\n", row.name, row.threads, row.median_per_s, row.best_per_s);
    }
    text += fmt::format("two threads against one: rtl {:.2f}, functional {:.2f}\n", report.rtl_two_thread_ratio,
                        report.functional_two_thread_ratio);
    text += fmt::format("memory of one more rtl head: {:.1f} MB\n", report.head_bytes / 1e6);
    return text;
}

std::string bench_json(const BenchReport& report) {
    nlohmann::ordered_json json;
    json["vector_extension"] = report.vector_extension;
    for (const BenchRow& row : report.rows) {
        json["engines"].push_back({{"name", row.name},
                                   {"threads", row.threads},
                                   {"median_head_tokens_per_s", row.median_per_s},
                                   {"best_head_tokens_per_s", row.best_per_s}});
    }
    json["two_thread_ratio"] = {{"rtl", report.rtl_two_thread_ratio},
                                {"functional", report.functional_two_thread_ratio}};
    json["rtl_head_bytes"] = report.head_bytes;
    return json.dump(2) + "\n";
}

}  // namespace gca
