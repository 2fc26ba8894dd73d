// Fuzz target: the functional engine against the reference, for a configuration and tokens that the input draws. They
// must agree to the bit, except within the reference's margin of a rounding threshold.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "behavioral/functional_head.h"
#include "behavioral/reference.h"
#include "tests/fuzz/target.h"

namespace gca::fuzz {

namespace {

constexpr std::size_t kMostTokens = 24;

unsigned levels(Feed& feed, std::size_t least) {
    const std::size_t drawn = feed.within(least - 1, 128);
    return drawn < least ? 0U : static_cast<unsigned>(drawn);
}

Config config_of(Feed& feed) {
    constexpr std::array kFullScales{0.25, 1.0, 4.0, 20.0, 80.0, 1000.0};
    constexpr std::array kDecays{0.0, 1e-9, 1.56e-4, 0.02, 0.5, 10.0, 1e6};
    Config config;
    config.geometry = {.dim = feed.within(1, 20), .tile_tokens = feed.within(1, 10), .tiles = feed.within(1, 4)};
    Quantization& quantization = config.quantization;
    quantization.query_levels = levels(feed, 2);
    quantization.store_levels = levels(feed, 2);
    quantization.output =
        std::array{OutputQuantizer::counter, OutputQuantizer::mid_tread, OutputQuantizer::off}.at(feed.within(0, 2));
    quantization.output_levels = static_cast<unsigned>(feed.within(2, 128));
    config.cell.model = std::array{CellModel::cubic, CellModel::linear, CellModel::polynomial}.at(feed.within(0, 2));
    if (config.cell.model == CellModel::polynomial) {
        config.cell.coefficients.resize(feed.within(1, 16));
        for (double& coefficient : config.cell.coefficients) {
            coefficient = (feed.byte() - 128.0) / 4.0;
        }
    }
    config.charge_to_pulse = {.s_sat = kFullScales.at(feed.within(0, kFullScales.size() - 1)),
                              .a_sat = kFullScales.at(feed.within(0, kFullScales.size() - 1))};
    config.leakage.form =
        std::array{LeakageForm::off, LeakageForm::voltage, LeakageForm::product}.at(feed.within(0, 2));
    config.leakage.decay_per_token = kDecays.at(feed.within(0, kDecays.size() - 1));
    return config;
}

std::vector<double> values_of(Feed& feed, std::size_t count, double full_scale) {
    constexpr double kMost = 255.0;  // odd: no value is midway between two levels
    std::vector<double> values(count);
    for (double& value : values) {
        value = full_scale * (feed.byte() / kMost);
    }
    return values;
}

void check_output(const Quantization& quantization, std::size_t e, const StepResult& got, const StepResult& expected) {
    // Without a quantiser, y is a sum of real numbers that both round in their own way.
    const double tolerance =
        quantization.output == OutputQuantizer::off ? 1e-9 * std::max(1.0, std::fabs(expected.y[e])) : 0.0;
    require(std::fabs(got.y[e] - expected.y[e]) <= tolerance,
            fmt::format("output {} is {}, the reference's {}", e, got.y[e], expected.y[e]));
    require(quantization.output != OutputQuantizer::counter || got.counts[e] == expected.counts[e],
            fmt::format("count of output {}", e));
}

}  // namespace

void try_input(Bytes input) {
    Feed feed(input);
    const Config config = config_of(feed);
    const std::size_t window = feed.within(1, config.geometry.capacity());
    FunctionalHead head(config, window);
    Reference reference(config, window);
    for (std::size_t token = 0; token < kMostTokens && !feed.empty(); ++token) {
        if (feed.byte() == 1) {
            head.new_sequence();
            reference.new_sequence();
        }
        const std::vector<double> q = values_of(feed, config.geometry.dim, 1.0);
        const std::vector<double> k = values_of(feed, config.geometry.dim, kSupplyV);
        const std::vector<double> v = values_of(feed, config.geometry.dim, kSupplyV);
        StepResult got;
        StepResult expected;
        head.step({.q = q, .k = k, .v = v}, got);
        reference.step({.q = q, .k = k, .v = v}, expected);
        for (std::size_t e = 0; e < config.geometry.dim; ++e) {
            if (reference.near_threshold()[e] == 0) {
                check_output(config.quantization, e, got, expected);
            }
        }
    }
}

}  // namespace gca::fuzz
