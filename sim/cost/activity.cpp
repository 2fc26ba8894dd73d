#include "sim/cost/activity.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace gca {

Activity& Activity::operator+=(const Activity& other) {
    tokens += other.tokens;
    columns += other.columns;
    silent_columns += other.silent_columns;
    query_width += other.query_width;
    score_width += other.score_width;
    key_charge += other.key_charge;
    value_charge += other.value_charge;
    return *this;
}

void ActivityMeter::new_sequence() {
    head_.new_sequence();
    used_ = 0;
}

void ActivityMeter::fill(const Token& token) {
    head_.step(token, result_);
    used_ = std::min(used_ + 1, window_);
}

Activity ActivityMeter::step(const Token& token) {
    head_.step(token, result_, &probe_);
    used_ = std::min(used_ + 1, window_);
    const std::size_t dim = probe_.x.size();
    Activity now{.tokens = 1, .columns = used_};
    now.query_width = std::accumulate(probe_.x.begin(), probe_.x.end(), 0.0);
    for (std::size_t column = 0; column < used_; ++column) {
        for (std::size_t row = 0; row < dim; ++row) {
            if (probe_.x[row] > 0.0) {
                now.key_charge += probe_.x[row] * std::fabs(head_.keys().cell_charge(column, row));
            }
        }
        const double width = probe_.phi[column];
        if (width == 0.0) {
            ++now.silent_columns;
            continue;
        }
        now.score_width += width;
        for (std::size_t output = 0; output < dim; ++output) {
            now.value_charge += width * std::fabs(head_.values().cell_charge(column, output));
        }
    }
    total_ += now;
    return now;
}

Activity uniform_activity(const Config& config, std::size_t window) {
    constexpr std::size_t kCounted = 32;  // tokens: a sum over so many pulses hardly varies
    constexpr std::uint64_t kSeed = 1;
    constexpr double kUnit = 0x1p-53;
    constexpr unsigned kSpare = 11;
    std::mt19937_64 random(kSeed);
    std::vector<double> q(config.geometry.dim);
    std::vector<double> k(q.size());
    std::vector<double> v(q.size());
    // Any level as likely as any other: the ends are the middle of their levels' shares.
    const auto draw = [&random](std::vector<double>& values, double full_scale, unsigned levels) {
        for (double& value : values) {
            const double unit = static_cast<double>(random() >> kSpare) * kUnit;
            value = full_scale * (levels < 2 ? unit : std::floor(unit * levels) / (levels - 1));
        }
    };
    ActivityMeter meter(config, window);
    for (std::size_t token = 0; token < window + kCounted; ++token) {
        draw(q, 1.0, config.quantization.query_levels);
        draw(k, kSupplyV, config.quantization.store_levels);
        draw(v, kSupplyV, config.quantization.store_levels);
        if (token < window) {
            meter.fill({.q = q, .k = k, .v = v});
        } else {
            (void)meter.step({.q = q, .k = k, .v = v});
        }
    }
    return meter.total();
}

}  // namespace gca
