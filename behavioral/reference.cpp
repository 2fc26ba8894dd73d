#include "behavioral/reference.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace gca {
namespace {

/// What a cell adds per unit of input width: sum over i of c[i] u^i, by Horner's rule.
double cell_current(std::span<const double> coefficients, double u) {
    double sum = 0.0;
    for (std::size_t i = coefficients.size(); i-- > 0;) {
        sum = sum * u + coefficients[i];
    }
    return sum;
}

/// Section 3, "Cell".
std::vector<double> coefficients_in_force(const Cell& cell) {
    switch (cell.model) {
        case CellModel::cubic:
            return {0.52136361, 13.61226063, -2.62044562, 46.05483778};
        case CellModel::linear:
            return {0.0, 19.3};
        case CellModel::polynomial:
            return cell.coefficients;
    }
    throw std::invalid_argument("cell.model: no such model");
}

template <typename Value>
[[noreturn]] void refuse(const std::string& name, Value value, const std::string& limit) {
    std::ostringstream message;
    message << name << " is " << value << ": must be " << limit;
    throw std::invalid_argument(message.str());
}

template <typename Value>
void require(bool good, const char* name, Value value, const char* limit) {
    if (!good) {
        refuse(name, value, limit);
    }
}

void check_config(const Config& config, std::size_t window) {
    const Geometry& geometry = config.geometry;
    const Quantization& quantization = config.quantization;
    require(geometry.dim >= 1, "geometry.dim", geometry.dim, "at least 1");
    require(geometry.tile_tokens >= 1, "geometry.tile_tokens", geometry.tile_tokens, "at least 1");
    require(geometry.tiles >= 1, "geometry.tiles", geometry.tiles, "at least 1");
    require(window >= 1 && window <= geometry.capacity(), "window", window, "1 .. tile_tokens * tiles");
    require(quantization.query_levels != 1, "quantization.query_levels", 1, "0 (off) or at least 2");
    require(quantization.store_levels != 1, "quantization.store_levels", 1, "0 (off) or at least 2");
    require(quantization.output == OutputQuantizer::off || quantization.output_levels >= 2,
            "quantization.output_levels", quantization.output_levels, "at least 2");
    require(config.charge_to_pulse.s_sat > 0.0, "charge_to_pulse.s_sat", config.charge_to_pulse.s_sat, "above 0");
    require(config.charge_to_pulse.a_sat > 0.0, "charge_to_pulse.a_sat", config.charge_to_pulse.a_sat, "above 0");
    require(config.leakage.decay_per_token >= 0.0, "leakage.decay_per_token", config.leakage.decay_per_token,
            "0 or above");
    require(config.cell.model != CellModel::polynomial || !config.cell.coefficients.empty(),
            "size of cell.coefficients", config.cell.coefficients.size(), "at least 1");
    for (const double coefficient : config.cell.coefficients) {
        require(std::isfinite(coefficient), "a value of cell.coefficients", coefficient, "finite");
    }
}

void check_values(std::span<const double> values, const std::string& name, std::size_t dim, double highest) {
    if (values.size() != dim) {
        refuse("size of token." + name, values.size(), std::to_string(dim));
    }
    for (const double value : values) {
        if (!(value >= 0.0 && value <= highest)) {
            refuse("a value of token." + name, value, "0 .. " + std::to_string(highest));
        }
    }
}

}  // namespace

Reference::Reference(const Config& config, std::size_t window, double threshold_margin)
    : geometry_(config.geometry),
      quantization_(config.quantization),
      charge_to_pulse_(config.charge_to_pulse),
      window_(window),
      threshold_margin_(threshold_margin) {
    check_config(config, window);
    coefficients_ = coefficients_in_force(config.cell);

    // Section 3, "Leakage": after n tokens a = exp(-n dt/tau), on u or on the whole charge.
    voltage_factor_.assign(window, 1.0);
    charge_factor_.assign(window, 1.0);
    for (std::size_t age = 0; age < window; ++age) {
        const double a = std::exp(-static_cast<double>(age) * config.leakage.decay_per_token);
        if (config.leakage.form == LeakageForm::voltage) {
            voltage_factor_[age] = a;
        }
        if (config.leakage.form == LeakageForm::product) {
            charge_factor_[age] = a;
        }
    }

    query_.assign(geometry_.dim, 0.0);
    tile_charge_.assign(geometry_.tiles * geometry_.dim, 0.0);
    near_threshold_.assign(geometry_.dim, 0);
    near_threshold_tiles_.assign(tile_charge_.size(), 0);
}

void Reference::new_sequence() {
    history_.clear();
    next_index_ = 0;
}

void Reference::step(const Token& token, StepResult& result, Probe* probe) {
    check(token);
    const std::size_t now = next_index_++;

    // The new key and value are written before they are read: the token attends to itself.
    PastToken written{now, std::vector<double>(geometry_.dim), std::vector<double>(geometry_.dim)};
    for (std::size_t r = 0; r < geometry_.dim; ++r) {
        query_[r] = quantize_input(token.q[r], 1.0, quantization_.query_levels);
        written.key_u[r] = quantize_input(token.k[r], kSupplyV, quantization_.store_levels) - kOffsetV;
        written.value_u[r] = quantize_input(token.v[r], kSupplyV, quantization_.store_levels) - kOffsetV;
    }
    history_.push_back(std::move(written));
    if (history_.size() > window_) {
        history_.pop_front();
    }

    attend(now, probe);
    read_out(result, probe);
}

Reference::Seen Reference::seen(std::size_t i) const {
    const PastToken& past = history_[i];
    const std::size_t age = next_index_ - 1 - past.index;
    return {.index = past.index,
            .column = past.index % window_,
            .key_u = past.key_u,
            .value_u = past.value_u,
            .voltage_factor = voltage_factor_[age],
            .charge_factor = charge_factor_[age]};
}

void Reference::check(const Token& token) const {
    check_values(token.q, "q", geometry_.dim, 1.0);
    check_values(token.k, "k", geometry_.dim, kSupplyV);
    check_values(token.v, "v", geometry_.dim, kSupplyV);
}

/// Nearest of `levels` levels over 0 .. full_scale, half to even.
double Reference::quantize_input(double value, double full_scale, unsigned levels) {
    if (levels == 0) {
        return value;
    }
    const auto last_code = static_cast<double>(levels - 1);
    const double position = value / full_scale * last_code;
    if (std::nearbyint(position - kThresholdMargin) != std::nearbyint(position + kThresholdMargin)) {
        ++inputs_near_threshold_total_;
    }
    return std::nearbyint(position) * full_scale / last_code;
}

/// Section 3, "First dot product and charge-to-pulse" and the sums of "Second": fills tile_charge_.
void Reference::attend(std::size_t now, Probe* probe) {
    const std::size_t dim = geometry_.dim;
    if (probe != nullptr) {
        probe->x = query_;
        probe->s.assign(geometry_.capacity(), 0.0);
        probe->phi.assign(geometry_.capacity(), 0.0);
    }
    std::fill(tile_charge_.begin(), tile_charge_.end(), 0.0);

    const std::span<const double> coefficients(coefficients_);
    for (const PastToken& past : history_) {
        const std::size_t age = now - past.index;
        const std::size_t column = past.index % window_;
        const std::size_t tile = column / geometry_.tile_tokens;
        const double voltage_factor = voltage_factor_[age];
        const double charge_factor = charge_factor_[age];

        double s = 0.0;
        for (std::size_t r = 0; r < dim; ++r) {
            s += query_[r] * cell_current(coefficients, voltage_factor * past.key_u[r]);
        }
        s *= charge_factor;
        const double phi = std::clamp(s / charge_to_pulse_.s_sat, 0.0, 1.0);
        if (s >= charge_to_pulse_.s_sat) {
            ++statistics_.phi_saturated;
        }

        if (probe != nullptr) {
            probe->s[column] = s;
            probe->phi[column] = phi;
        }
        if (phi == 0.0) {
            continue;  // no pulse, no charge
        }
        const std::span<double> tile_charge = std::span(tile_charge_).subspan(tile * dim, dim);
        for (std::size_t e = 0; e < dim; ++e) {
            tile_charge[e] += charge_factor * phi * cell_current(coefficients, voltage_factor * past.value_u[e]);
        }
    }
    if (probe != nullptr) {
        probe->a = tile_charge_;
    }
}

/// Counts or steps of the output quantiser for an output of 1.
double Reference::output_scale() const {
    const double levels = quantization_.output_levels;
    // A mid-tread step is 2/(2*levels - 1); its reciprocal is a half-integer and so exact.
    return quantization_.output == OutputQuantizer::mid_tread ? (2.0 * levels - 1.0) / 2.0 : levels - 1.0;
}

/// Section 3, "Quantisers": whole counts or steps of one sub-tile's clamped output.
std::int32_t Reference::quantize_output(double out) const {
    if (quantization_.output == OutputQuantizer::mid_tread) {
        return static_cast<std::int32_t>(std::nearbyint(out * output_scale()));
    }
    const auto count = static_cast<std::int32_t>(std::floor(std::abs(out) * output_scale() + 0.5));
    return out < 0.0 ? -count : count;
}

/// Clamp, quantise per sub-tile, then add over the sub-tiles: in that order.
void Reference::read_out(StepResult& result, Probe* probe) {
    const auto clamped = [](double out) { return std::clamp(out, -1.0, 1.0); };
    result.counts.clear();
    result.y.assign(geometry_.dim, 0.0);
    std::fill(near_threshold_.begin(), near_threshold_.end(), 0U);
    std::fill(near_threshold_tiles_.begin(), near_threshold_tiles_.end(), std::uint8_t{0});
    if (probe != nullptr) {
        probe->out.assign(tile_charge_.size(), 0.0);
    }

    if (quantization_.output == OutputQuantizer::off) {
        for (std::size_t e = 0; e < geometry_.dim; ++e) {
            for (std::size_t tile = 0; tile < geometry_.tiles; ++tile) {
                const std::size_t i = tile * geometry_.dim + e;
                const double out = clamped(tile_charge_[i] / charge_to_pulse_.a_sat);
                result.y[e] += out;
                if (probe != nullptr) {
                    probe->out[i] = out;
                }
            }
        }
        return;
    }

    const double margin = threshold_margin_ / output_scale();
    const std::int32_t last_count = quantize_output(1.0);
    for (std::size_t e = 0; e < geometry_.dim; ++e) {
        std::int32_t sum = 0;
        for (std::size_t tile = 0; tile < geometry_.tiles; ++tile) {
            const std::size_t i = tile * geometry_.dim + e;
            const double out = tile_charge_[i] / charge_to_pulse_.a_sat;
            const std::int32_t count = quantize_output(clamped(out));
            sum += count;
            if (probe != nullptr) {
                probe->out[i] = count;
            }
            if (std::abs(count) == last_count) {
                ++statistics_.counts_saturated;
            }
            // The margin is laid around the value before its clamp: far beyond the clamp nothing can change any more.
            if (quantize_output(clamped(out - margin)) != quantize_output(clamped(out + margin))) {
                ++near_threshold_[e];
                near_threshold_tiles_[i] = 1;
                ++near_threshold_total_;
            }
        }
        result.y[e] = static_cast<double>(sum) / output_scale();
        if (quantization_.output == OutputQuantizer::counter) {
            result.counts.push_back(sum);
        }
    }
}

}  // namespace gca
