// What a head does for its tokens, against sums by the equations of the specification.
#include "sim/cost/activity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace gca {
namespace {

struct Codes {
    std::vector<double> q;
    std::vector<double> k;
    std::vector<double> v;
};

/// Tokens whose values are exactly levels.
std::vector<Codes> random_tokens(const Config& config, std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<Codes> tokens(count);
    for (Codes& token : tokens) {
        for (std::size_t i = 0; i < config.geometry.dim; ++i) {
            token.q.push_back(static_cast<double>(random() % 16) / 15.0);
            token.k.push_back(static_cast<double>(random() % 8) / 7.0 * kSupplyV);
            token.v.push_back(static_cast<double>(random() % 8) / 7.0 * kSupplyV);
        }
    }
    return tokens;
}

double cubic(double u) {
    return 0.52136361 + 13.61226063 * u - 2.62044562 * u * u + 46.05483778 * u * u * u;
}

TEST(ActivityMeter, AddsUpPulsesAndChargesOfTheWindow) {
    Config config;
    config.geometry = {.dim = 12, .tile_tokens = 10, .tiles = 3};
    config.charge_to_pulse.s_sat = 30.0;
    config.leakage.decay_per_token = 0.02;
    constexpr std::size_t kWindow = 17;
    const std::vector<Codes> tokens = random_tokens(config, 40, 5);
    ActivityMeter meter(config, kWindow);
    Activity expected;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        const std::size_t start = t >= 25 ? 25 : 0;  // a second sequence
        if (t == 25) {
            meter.new_sequence();
        }
        const Activity now = meter.step({.q = tokens[t].q, .k = tokens[t].k, .v = tokens[t].v});
        EXPECT_EQ(now.columns, std::min(t - start + 1, kWindow));
        expected += now;
        Activity by_hand{.tokens = 1, .columns = now.columns};
        for (std::size_t j = std::max(start, t + 1 - std::min(t + 1, kWindow)); j <= t; ++j) {
            const double a = std::exp(-0.02 * static_cast<double>(t - j));
            double score = 0.0;
            for (std::size_t row = 0; row < 12; ++row) {
                const double charge = tokens[t].q[row] * cubic(a * (tokens[j].k[row] - kOffsetV));
                score += charge;
                by_hand.key_charge += std::fabs(charge);
            }
            const double width = std::clamp(score / 30.0, 0.0, 1.0);
            by_hand.silent_columns += width == 0.0 ? 1U : 0U;
            by_hand.score_width += width;
            for (std::size_t e = 0; e < 12; ++e) {
                by_hand.value_charge += width * std::fabs(cubic(a * (tokens[j].v[e] - kOffsetV)));
            }
        }
        EXPECT_NEAR(now.key_charge, by_hand.key_charge, 1e-6) << "token " << t;
        EXPECT_NEAR(now.value_charge, by_hand.value_charge, 1e-6) << "token " << t;
        EXPECT_NEAR(now.score_width, by_hand.score_width, 1e-6) << "token " << t;
        EXPECT_EQ(now.silent_columns, by_hand.silent_columns) << "token " << t;
    }
    EXPECT_EQ(meter.total().tokens, 40U);
    EXPECT_DOUBLE_EQ(meter.total().key_charge, expected.key_charge);
    EXPECT_GT(expected.silent_columns, 0U);
    EXPECT_LT(expected.silent_columns, expected.columns);
}

TEST(ActivityMeter, TokensThatFillTheWindowAreNotCounted) {
    const Config config{.geometry = {.dim = 8, .tile_tokens = 8, .tiles = 2}};
    const std::vector<Codes> tokens = random_tokens(config, 20, 6);
    ActivityMeter filled(config, 16);
    ActivityMeter counted(config, 16);
    Activity last;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        const Token token{.q = tokens[t].q, .k = tokens[t].k, .v = tokens[t].v};
        last = counted.step(token);
        if (t + 1 < tokens.size()) {
            filled.fill(token);
        } else {
            (void)filled.step(token);
        }
    }
    EXPECT_EQ(filled.total().tokens, 1U);
    EXPECT_EQ(filled.total().columns, 16U);
    EXPECT_DOUBLE_EQ(filled.total().key_charge, last.key_charge);
    EXPECT_DOUBLE_EQ(filled.total().value_charge, last.value_charge);
}

TEST(UniformActivity, FollowsFromTheMeansOfItsCodes) {
    Config config;
    config.leakage.form = LeakageForm::off;
    const Activity activity = uniform_activity(config, 1024);
    double current = 0.0;
    for (int code = 0; code < 8; ++code) {
        current += std::fabs(cubic(code * 0.9 / 7.0 - 0.45)) / 8.0;
    }
    const auto tokens = static_cast<double>(activity.tokens);
    EXPECT_EQ(activity.columns, 1024 * activity.tokens);
    EXPECT_NEAR(activity.query_width / tokens / 64.0, 0.5, 0.02);
    const double per_cell = activity.key_charge / tokens / (64.0 * 1024.0);
    EXPECT_NEAR(per_cell / (0.5 * current), 1.0, 0.02);
    EXPECT_NEAR(activity.value_charge / activity.score_width / 64.0 / current, 1.0, 0.02);
}

}  // namespace
}  // namespace gca
