// Exact softmax attention and the measure of agreement, against cases worked out by hand and brute force.
#include "behavioral/softmax_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "behavioral/head.h"

namespace gca {
namespace {

struct Sample {
    std::vector<double> q;
    std::vector<double> k;
    std::vector<double> v;
};

Sample random_sample(std::mt19937_64& random, std::size_t dim, double query_range) {
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    Sample sample{std::vector<double>(dim), std::vector<double>(dim), std::vector<double>(dim)};
    for (std::size_t i = 0; i < dim; ++i) {
        sample.q[i] = query_range * uniform(random);
        sample.k[i] = 0.9 * uniform(random);
        sample.v[i] = 0.9 * uniform(random);
    }
    return sample;
}

std::vector<double> run_step(SoftmaxAttention& attention, const Sample& sample) {
    StepResult result{.counts = {1, 2, 3}, .y = {}};
    attention.step({sample.q, sample.k, sample.v}, result);
    EXPECT_TRUE(result.counts.empty());
    return result.y;
}

TEST(SoftmaxAttention, FirstTokenGivesItsOwnCentredValue) {
    SoftmaxAttention attention(2, 4);
    const std::vector<double> y = run_step(attention, {{1.0, 0.3}, {0.9, 0.0}, {0.65, 0.05}});
    ASSERT_EQ(y.size(), 2U);
    EXPECT_NEAR(y[0], 0.2, 1e-15);
    EXPECT_NEAR(y[1], -0.4, 1e-15);
}

TEST(SoftmaxAttention, TwoTokensWorkedByHand) {
    // Keys at u = 0.2 and -0.2, q = ln 3 / 0.4: the scores differ by ln 3, so the weights are 3/4 and 1/4.
    // Values at u = 0.4 and 0: y = 0.3.
    SoftmaxAttention attention(1, 2);
    run_step(attention, {{0.0}, {0.65}, {0.85}});
    EXPECT_NEAR(run_step(attention, {{std::log(3.0) / 0.4}, {0.25}, {0.45}})[0], 0.3, 1e-14);
}

TEST(SoftmaxAttention, ScoresAreDividedByTheRootOfTheDimension) {
    // Four rows that each differ by 0.4 * q = ln 3 / 2: together 2 ln 3, over sqrt(4): ln 3.
    SoftmaxAttention attention(4, 2);
    const std::vector<double> q(4, std::log(3.0) / 0.8);
    run_step(attention, {q, std::vector<double>(4, 0.65), std::vector<double>(4, 0.85)});
    const std::vector<double> y = run_step(attention, {q, std::vector<double>(4, 0.25), std::vector<double>(4, 0.45)});
    for (const double value : y) {
        EXPECT_NEAR(value, 0.3, 1e-14);
    }
}

TEST(SoftmaxAttention, EqualScoresGiveTheMeanOfTheWindow) {
    SoftmaxAttention attention(1, 3);
    for (int t = 0; t < 10; ++t) {
        const double y = run_step(attention, {{0.7}, {0.6}, {0.05 * t}})[0];
        const double mean = t < 2 ? 0.5 * t : t - 1.0;
        EXPECT_NEAR(y, 0.05 * mean - 0.45, 1e-15) << "token " << t;
    }
}

TEST(SoftmaxAttention, LargeScoresNeitherOverflowNorVanish) {
    for (const double q : {1e6, -1e6}) {
        SoftmaxAttention attention(1, 2);
        run_step(attention, {{q}, {0.9}, {0.85}});
        EXPECT_NEAR(run_step(attention, {{q}, {0.0}, {0.55}})[0], q > 0.0 ? 0.4 : 0.1, 1e-15);
    }
}

TEST(SoftmaxAttention, NewSequenceForgets) {
    SoftmaxAttention attention(1, 5);
    run_step(attention, {{1.0}, {0.9}, {0.9}});
    attention.new_sequence();
    EXPECT_NEAR(run_step(attention, {{1.0}, {0.9}, {0.2}})[0], -0.25, 1e-15);
}

TEST(SoftmaxAttention, AgreesWithBruteForce) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        std::mt19937_64 random(seed);
        const std::size_t dim = 1 + seed % 7;
        const std::size_t window = 1 + seed * 3 % 11;
        SCOPED_TRACE("seed " + std::to_string(seed) + ", dim " + std::to_string(dim) + ", window " +
                     std::to_string(window));
        SoftmaxAttention attention(dim, window);
        std::vector<Sample> sequence;
        for (std::size_t t = 0; t < 40; ++t) {
            sequence.push_back(random_sample(random, dim, 20.0));
            const std::vector<double> y = run_step(attention, sequence.back());
            for (std::size_t e = 0; e < dim; ++e) {
                long double weights = 0.0L;
                long double weighted = 0.0L;
                for (std::size_t j = 0; j <= t; ++j) {
                    if (j + window <= t) {
                        continue;
                    }
                    long double score = 0.0L;
                    for (std::size_t r = 0; r < dim; ++r) {
                        score += static_cast<long double>(sequence[t].q[r]) * (sequence[j].k[r] - 0.45L);
                    }
                    const long double weight = std::exp(score / std::sqrt(static_cast<long double>(dim)));
                    weights += weight;
                    weighted += weight * (sequence[j].v[e] - 0.45L);
                }
                ASSERT_NEAR(y[e], static_cast<double>(weighted / weights), 1e-13) << "token " << t << ", output " << e;
            }
        }
    }
}

TEST(SoftmaxAttention, RefusesWhatItCannotCompute) {
    EXPECT_THROW(SoftmaxAttention(0, 1), std::invalid_argument);
    EXPECT_THROW(SoftmaxAttention(1, 0), std::invalid_argument);
    SoftmaxAttention attention(2, 1);
    const std::vector<double> two(2, 0.5);
    const std::vector<double> three(3, 0.5);
    StepResult result;
    EXPECT_THROW(attention.step({three, two, two}, result), std::invalid_argument);
    EXPECT_THROW(attention.step({two, three, two}, result), std::invalid_argument);
    EXPECT_THROW(attention.step({two, two, three}, result), std::invalid_argument);
    EXPECT_TRUE(result.y.empty());
}

TEST(Agreement, WorkedByHand) {
    // m = (1, 1), e = (1, 3): the best factor is 4/2 = 2, the rest (-1, 1), its RMS 1; e's RMS is sqrt(5).
    // cosine = 4 / (sqrt(2) sqrt(10)) = 2 / sqrt(5).
    Agreement agreement;
    const std::vector<double> measured = {1.0, 1.0};
    const std::vector<double> exact = {1.0, 3.0};
    agreement.add(measured, exact);
    EXPECT_EQ(agreement.count(), 2U);
    EXPECT_NEAR(agreement.best_scale(), 2.0, 1e-15);
    EXPECT_NEAR(agreement.rms_difference(), 1.0, 1e-15);
    EXPECT_NEAR(agreement.relative_rms_difference(), 1.0 / std::sqrt(5.0), 1e-15);
    EXPECT_NEAR(agreement.cosine_similarity(), 2.0 / std::sqrt(5.0), 1e-15);
}

TEST(Agreement, ScaledCopyAgreesWhollyAndItsNegativeToo) {
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal;
    for (const double factor : {3.0, -0.01}) {
        Agreement agreement;
        for (int i = 0; i < 1000; ++i) {
            const std::vector<double> measured = {normal(random), normal(random)};
            const std::vector<double> exact = {factor * measured[0], factor * measured[1]};
            agreement.add(measured, exact);
        }
        EXPECT_NEAR(agreement.best_scale(), factor, 1e-13);
        EXPECT_LT(agreement.rms_difference(), 1e-14);
        EXPECT_NEAR(agreement.cosine_similarity(), factor > 0.0 ? 1.0 : -1.0, 1e-13);
    }
}

TEST(Agreement, OrthogonalStreamsHaveNothingInCommon) {
    Agreement agreement;
    agreement.add(std::vector<double>{1.0, 0.0, 1.0}, std::vector<double>{1.0, 5.0, -1.0});
    EXPECT_NEAR(agreement.best_scale(), 0.0, 1e-15);
    EXPECT_NEAR(agreement.cosine_similarity(), 0.0, 1e-15);
    EXPECT_NEAR(agreement.relative_rms_difference(), 1.0, 1e-15);
    EXPECT_NEAR(agreement.rms_difference(), 3.0, 1e-14);  // sqrt((1 + 25 + 1) / 3)
}

TEST(Agreement, AgreesWithTwoPassesOverTheData) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        std::mt19937_64 random(seed);
        std::normal_distribution<double> normal;
        std::vector<double> measured(500);
        std::vector<double> exact(500);
        for (std::size_t i = 0; i < measured.size(); ++i) {
            measured[i] = normal(random);
            exact[i] = 0.3 * measured[i] + 0.1 * static_cast<double>(seed) * normal(random);
        }
        Agreement at_once;
        at_once.add(measured, exact);
        Agreement in_parts;
        for (std::size_t i = 0; i < measured.size(); i += 50) {
            in_parts.add(std::span(measured).subspan(i, 50), std::span(exact).subspan(i, 50));
        }
        const auto dot = [](const std::vector<double>& x, const std::vector<double>& y) {
            return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
        };
        const double scale = dot(measured, exact) / dot(measured, measured);
        double square = 0.0;
        for (std::size_t i = 0; i < measured.size(); ++i) {
            square += std::pow(exact[i] - scale * measured[i], 2.0);
        }
        SCOPED_TRACE("seed " + std::to_string(seed));
        EXPECT_NEAR(at_once.best_scale(), scale, 1e-13);
        EXPECT_NEAR(at_once.rms_difference(), std::sqrt(square / 500.0), 1e-13);
        EXPECT_NEAR(at_once.cosine_similarity(),
                    dot(measured, exact) / std::sqrt(dot(measured, measured) * dot(exact, exact)), 1e-13);
        EXPECT_EQ(in_parts.best_scale(), at_once.best_scale());
        EXPECT_EQ(in_parts.rms_difference(), at_once.rms_difference());
        EXPECT_EQ(in_parts.count(), 500U);
    }
}

TEST(Agreement, NothingAndZeroesGiveNoNumberRatherThanAGoodOne) {
    Agreement nothing;
    EXPECT_EQ(nothing.count(), 0U);
    EXPECT_TRUE(std::isnan(nothing.rms_difference()));
    EXPECT_TRUE(std::isnan(nothing.relative_rms_difference()));
    EXPECT_TRUE(std::isnan(nothing.cosine_similarity()));
    Agreement zero_measured;
    zero_measured.add(std::vector<double>{0.0, 0.0}, std::vector<double>{1.0, 2.0});
    EXPECT_EQ(zero_measured.best_scale(), 0.0);
    EXPECT_NEAR(zero_measured.rms_difference(), std::sqrt(2.5), 1e-15);
    EXPECT_TRUE(std::isnan(zero_measured.cosine_similarity()));
    Agreement zero_exact;
    zero_exact.add(std::vector<double>{1.0, 2.0}, std::vector<double>{0.0, 0.0});
    EXPECT_EQ(zero_exact.rms_difference(), 0.0);
    EXPECT_TRUE(std::isnan(zero_exact.cosine_similarity()));
}

TEST(Agreement, RefusesStreamsOfDifferentLength) {
    Agreement agreement;
    EXPECT_THROW(agreement.add(std::vector<double>{1.0}, std::vector<double>{1.0, 2.0}), std::invalid_argument);
    EXPECT_EQ(agreement.count(), 0U);
}

}  // namespace
}  // namespace gca
