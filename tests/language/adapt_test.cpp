// The adaptation of scalers: statistics, convergence, and what it leaves alone.
#include "sim/language/adapt.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "tests/language/language_test.h"

namespace gca {
namespace {

std::vector<TokenId> text(std::size_t tokens) {
    std::vector<TokenId> all(tokens);
    for (std::size_t i = 0; i < tokens; ++i) {
        all[i] = static_cast<TokenId>((i * i + 7 * i) % 320);
    }
    return all;
}

TEST(StageMoments, AreMeanAndDeviationOfAllThatWasAdded) {
    StageMoments moments(2, 3);
    const std::vector<double> values{1e9 + 1.0, 1e9 + 2.0, 1e9 + 6.0};
    moments.add(1, 2, ScalingStage::v, std::span(values).first(1));
    moments.add(1, 2, ScalingStage::v, std::span(values).last(2));
    EXPECT_DOUBLE_EQ(moments.at(1, 2, ScalingStage::v).mean, 1e9 + 3.0);
    EXPECT_DOUBLE_EQ(moments.at(1, 2, ScalingStage::v).deviation, std::sqrt(14.0 / 3.0));
    EXPECT_EQ(moments.at(1, 2, ScalingStage::k).deviation, 0.0);
    EXPECT_EQ(moments.at(0, 2, ScalingStage::v).mean, 0.0);
}

TEST(Samples, AreSpreadOverTheText) {
    const std::vector<TokenId> tokens = text(100);
    const Samples samples = take_samples(tokens, 10, 4);
    ASSERT_EQ(samples.size(), 4U);
    EXPECT_EQ(samples[3].data(), &tokens[75]);
    EXPECT_EQ(samples[3].size(), 10U);
    EXPECT_EQ(take_samples(tokens, 48, 8).size(), 2U);
    ASSERT_EQ(take_samples(tokens, 480, 8).size(), 1U);
    EXPECT_EQ(take_samples(tokens, 480, 8)[0].size(), 100U);
}

TEST(Measure, SeesTheValuesOfEveryStage) {
    LanguageModel model(tiny_model(AttentionEngine::functional));
    AnalogSettings settings = *model.file().analog;
    const std::vector<TokenId> tokens = text(96);
    const Samples samples = take_samples(tokens, 48, 2);
    const StageMoments before = measure(model, samples);
    settings.layers[0].q.a[1] *= 3.0;
    settings.layers[0].q.b[1] += 0.25;
    model.use(settings);
    const StageMoments after = measure(model, samples);
    const double mean = before.at(0, 1, ScalingStage::q).mean - 0.5;  // less the offset
    EXPECT_NEAR(after.at(0, 1, ScalingStage::q).mean, 3.0 * mean + 0.75, 1e-9);
    EXPECT_NEAR(after.at(0, 1, ScalingStage::q).deviation, 3.0 * before.at(0, 1, ScalingStage::q).deviation, 1e-9);
    EXPECT_EQ(after.at(0, 0, ScalingStage::q).mean, before.at(0, 0, ScalingStage::q).mean);
    EXPECT_NE(after.at(0, 1, ScalingStage::output).deviation, before.at(0, 1, ScalingStage::output).deviation);
    EXPECT_GT(before.at(1, 1, ScalingStage::output).deviation, 0.0);
}

class Adapt : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Adapt, BringsTheMomentsOfTheLinearCellBack) {
    LanguageModel model(tiny_model(AttentionEngine::functional));
    AnalogSettings settings = *load_model_file(language_data() / "tiny.json", GetParam()).analog;
    const std::vector<TokenId> tokens = text(400);
    const Samples samples = take_samples(tokens, 48, 8);
    const StageMoments target = measure(model, samples);
    std::vector<AdaptStep> steps;
    const AdaptStep last =
        adapt(model, samples, target, {}, settings, [&](const AdaptStep& step) { steps.push_back(step); });
    ASSERT_EQ(steps.size(), last.iteration + 1);
    EXPECT_GT(steps.front().worst.error, 1e-3) << "nothing to adapt";
    EXPECT_LE(last.worst.error, 1e-4);

    model.use(settings);  // the scalers that are left give what was reported
    const StageMoments now = measure(model, samples);
    double worst = 0.0;
    for (std::size_t layer = 0; layer < 2; ++layer) {
        for (std::size_t head = 0; head < 2; ++head) {
            for (const ScalingStage stage : kScalingStages) {
                const Moments a = target.at(layer, head, stage);
                const Moments b = now.at(layer, head, stage);
                worst = std::max({worst, std::fabs(a.mean - b.mean), std::fabs(a.deviation - b.deviation)});
            }
        }
    }
    EXPECT_EQ(worst, last.worst.error);
}

INSTANTIATE_TEST_SUITE_P(
    Cells, Adapt,
    ::testing::Values(std::vector<std::string>{"cell.model=cubic"},
                      std::vector<std::string>{"cell.model=polynomial", "cell.coefficients=[0,0,0,95.3086]"},
                      std::vector<std::string>{"cell.model=polynomial", "cell.coefficients=[0,0,0,0,0,470.66]"},
                      std::vector<std::string>{"cell.model=polynomial",
                                               "cell.coefficients=[0,38.0197,0,-207.866,0,856.54,0,-1503.14]"},
                      std::vector<std::string>{"cell.model=polynomial",
                                               "cell.coefficients=[0,19.3004,21.41,15.8678,9.2755,4.08856]"},
                      std::vector<std::string>{"cell.model=polynomial", "cell.coefficients=[1.0,9.0,-3.0]"}));

TEST(AdaptSteps, TheSameCellNeedsNone) {
    LanguageModel model(tiny_model(AttentionEngine::functional));
    AnalogSettings settings = *model.file().analog;
    const std::vector<Scalers> scalers = settings.layers;
    const std::vector<TokenId> tokens = text(96);
    const Samples samples = take_samples(tokens, 48, 2);
    const StageMoments target = measure(model, samples);
    const AdaptStep last = adapt(model, samples, target, {}, settings, [](const AdaptStep& /*step*/) {});
    EXPECT_EQ(last.iteration, 0U);
    EXPECT_EQ(last.worst.error, 0.0);
    EXPECT_EQ(settings.layers, scalers);
}

TEST(AdaptSteps, TheWeightFallsFromOneToATenthOverFifty) {
    LanguageModel model(tiny_model(AttentionEngine::functional));
    AnalogSettings settings = *model.file().analog;
    settings.layers[0].k.b[0] = 0.1;
    const std::vector<TokenId> tokens = text(20);
    const Samples samples = take_samples(tokens, 20, 1);
    const StageMoments target = measure(model, samples);
    std::vector<double> weights;
    const AdaptStep last = adapt(model, samples, target, {.iterations = 60, .tolerance = 0.0}, settings,
                                 [&](const AdaptStep& step) { weights.push_back(step.weight); });
    ASSERT_LE(weights.size(), 61U);
    EXPECT_EQ(weights.size(), last.iteration + 1);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        EXPECT_NEAR(weights[i], i < 50 ? 1.0 - 0.018 * static_cast<double>(i) : 0.1, 1e-12);
    }
}

}  // namespace
}  // namespace gca
