#include "behavioral/functional_head.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gca {

namespace {

TimeBase time_base(const Quantization& q) {
    return {.query_cycles = std::max(q.query_levels, 2U) - 1, .emit_cycles = q.output_levels - 1};
}

}  // namespace

FunctionalHead::FunctionalHead(const Config& config, std::size_t window)
    : config_(config),
      window_(window),
      time_(time_base(config.quantization)),
      keys_(config),
      values_(config),
      relu_(config.charge_to_pulse.s_sat),
      signed_(config.charge_to_pulse.a_sat, time_),
      valid_(config.geometry.capacity(), 0),
      codes_(config.geometry.dim, 0),
      s_(config.geometry.capacity(), 0.0),
      phi_(config.geometry.capacity(), 0.0),
      a_(config.geometry.tiles * config.geometry.dim, 0.0),
      counts_(config.geometry.tiles * config.geometry.dim, 0),
      out_(counts_.size(), 0.0) {}

void FunctionalHead::new_sequence() {
    next_column_ = 0;
    filled_ = 0;
    std::fill(valid_.begin(), valid_.end(), std::uint8_t{0});
}

void FunctionalHead::write(const Token& token) {
    const unsigned levels = config_.quantization.store_levels;
    if (levels == 0) {
        keys_.write_volts(next_column_, token.k);
        values_.write_volts(next_column_, token.v);
    } else {
        encode(token.k, kSupplyV, levels, codes_);
        keys_.write(next_column_, codes_);
        encode(token.v, kSupplyV, levels, codes_);
        values_.write(next_column_, codes_);
    }
    valid_[next_column_] = 1;
    filled_ = std::max(filled_, next_column_ + 1);
    next_column_ = (next_column_ + 1) % window_;
}

void FunctionalHead::read_keys(const Token& token, std::size_t used) {
    const std::span<double> s(s_.data(), used);
    if (config_.quantization.query_levels == 0) {
        keys_.read_widths(token.q, s);
    } else {
        encode(token.q, 1.0, config_.quantization.query_levels, codes_);
        keys_.read(codes_, time_, s);
    }
}

void FunctionalHead::sum_counts(StepResult& result) {
    const std::size_t dim = config_.geometry.dim;
    const int full = static_cast<int>(signed_.max_samples());
    std::fill(result.counts.begin(), result.counts.end(), 0);
    std::int32_t saturated = 0;
    for (std::size_t tile = 0; tile < config_.geometry.tiles; ++tile) {
        const std::int8_t* count = &counts_[tile * dim];
        for (std::size_t e = 0; e < dim; ++e) {
            result.counts[e] += count[e];
            saturated += std::abs(count[e]) == full ? 1 : 0;
        }
    }
    statistics_.counts_saturated += static_cast<std::uint64_t>(saturated);
    for (std::size_t e = 0; e < dim; ++e) {
        result.y[e] = static_cast<double>(result.counts[e]) / full;
    }
}

void FunctionalHead::sum_mid_tread(StepResult& result) {
    const std::size_t dim = config_.geometry.dim;
    const double steps_to_one = (2.0 * config_.quantization.output_levels - 1.0) / 2.0;
    const double last = std::nearbyint(steps_to_one);
    std::fill(result.y.begin(), result.y.end(), 0.0);
    for (std::size_t tile = 0; tile < config_.geometry.tiles; ++tile) {
        for (std::size_t e = 0; e < dim; ++e) {
            const double steps = std::nearbyint(signed_.clamped(a_[tile * dim + e]) * steps_to_one);
            out_[tile * dim + e] = steps;
            result.y[e] += steps;
            statistics_.counts_saturated += std::fabs(steps) == last ? 1U : 0U;
        }
    }
    for (double& y : result.y) {
        y /= steps_to_one;
    }
}

void FunctionalHead::sum_clamped(StepResult& result) {
    const std::size_t dim = config_.geometry.dim;
    std::fill(result.y.begin(), result.y.end(), 0.0);
    for (std::size_t tile = 0; tile < config_.geometry.tiles; ++tile) {
        for (std::size_t e = 0; e < dim; ++e) {
            const double out = signed_.clamped(a_[tile * dim + e]);
            out_[tile * dim + e] = out;
            result.y[e] += out;
        }
    }
}

void FunctionalHead::step(const Token& token, StepResult& result, Probe* probe) {
    const std::size_t dim = config_.geometry.dim;
    const bool counter = config_.quantization.output == OutputQuantizer::counter;
    keys_.age();  // before the write, which makes its column new: so the arrays stay as they are read
    values_.age();
    write(token);
    const std::size_t used = filled_;
    read_keys(token, used);
    statistics_.phi_saturated += relu_.emit({s_.data(), used}, {valid_.data(), used}, {phi_.data(), used});
    const std::span<const double> phi(phi_.data(), used);

    result.y.resize(dim);
    result.counts.resize(counter ? dim : 0);
    if (probe != nullptr || !counter) {
        values_.read(phi, a_);
    }
    switch (config_.quantization.output) {
        case OutputQuantizer::counter:
            values_.read_counts(phi, signed_, counts_);
            sum_counts(result);
            break;
        case OutputQuantizer::mid_tread:
            sum_mid_tread(result);
            break;
        case OutputQuantizer::off:
            sum_clamped(result);
            break;
    }
    if (probe != nullptr) {
        fill(*probe, token, used);
    }
}

void FunctionalHead::fill(Probe& probe, const Token& token, std::size_t used) const {
    probe.x.assign(token.q.begin(), token.q.end());
    if (config_.quantization.query_levels != 0) {  // codes_ holds the query's
        std::transform(codes_.begin(), codes_.end(), probe.x.begin(),
                       [this](std::uint8_t code) { return time_.width_of_cycles(code); });
    }
    probe.s.assign(s_.size(), 0.0);
    probe.phi.assign(phi_.size(), 0.0);
    for (std::size_t c = 0; c < used; ++c) {
        if (valid_[c] != 0) {
            probe.s[c] = s_[c];
            probe.phi[c] = phi_[c];
        }
    }
    probe.a = a_;
    if (config_.quantization.output == OutputQuantizer::counter) {
        probe.out.assign(counts_.begin(), counts_.end());
    } else {
        probe.out = out_;
    }
}

}  // namespace gca
