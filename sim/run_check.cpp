#include "sim/run_check.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "behavioral/head.h"
#include "behavioral/reference.h"
#include "behavioral/softmax_attention.h"
#include "sim/interrupt.h"
#include "sim/parallel.h"
#include "sim/stopwatch.h"

namespace gca {

namespace {

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
    Reference reference(config, run.window, run.check.margin);
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

}  // namespace

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
    const Stopwatch stopwatch;
    for (std::size_t token = 0; token < stretch; ++token) {
        reference.step(sequences.token(0, token), step);
        softmax.step(sequences.token(0, token), step);
    }
    const double sample_s = stopwatch.seconds();
    return sample_s / visible(stretch) * visible(sequences.tokens) * static_cast<double>(sequences.heads);
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

}  // namespace gca
