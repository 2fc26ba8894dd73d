#include "behavioral/view_tables.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <string>

#include "behavioral/cell.h"
#include "behavioral/error.h"

namespace gca {

namespace {

// Of a ratio that stands for a whole number, or of a threshold that stands for one: rounding of doubles.
constexpr double kWhole = 1e-9;
constexpr double kRounding = 1e-12;

unsigned bits_of(std::size_t levels) {
    return static_cast<unsigned>(std::bit_width(levels - 1));
}

void check(const Config& config, const ViewFormat& format) {
    const Quantization& q = config.quantization;
    if (q.query_levels < 2 || q.store_levels < 2 || q.output != OutputQuantizer::counter) {
        throw InputError(
            "the array view has pulses and levels only: quantization.query_levels and store_levels must be "
            "at least 2, output \"counter\"");
    }
    if (config.leakage.form != LeakageForm::off && config.leakage.decay_per_token != 0.0 && !format.leakage) {
        throw InputError("leakage.form is not off: this array view was built without leakage (Leakage=1 has it)");
    }
}

/// Charges of all codes at all ages for a pulse of full width.
std::vector<double> charges(const Config& config, const ViewFormat& format) {
    const unsigned levels = config.quantization.store_levels;
    const std::size_t stride = std::size_t{1} << bits_of(levels);
    const std::size_t ages = format.leakage ? config.geometry.capacity() : 1;
    const std::vector<double> coefficients = cell_coefficients(config.cell);
    const auto polynomial = [&](double u) {
        double sum = 0.0;
        for (std::size_t i = coefficients.size(); i-- > 0;) {
            sum = sum * u + coefficients[i];
        }
        return sum;
    };
    std::vector<double> charge(ages * stride, 0.0);
    for (std::size_t age = 0; age < ages; ++age) {
        const double left = config.leakage.form == LeakageForm::off
                                ? 1.0
                                : std::exp(-static_cast<double>(age) * config.leakage.decay_per_token);
        for (unsigned code = 0; code < levels; ++code) {
            const double u = code * kSupplyV / (levels - 1) - kOffsetV;
            charge[age * stride + code] =
                config.leakage.form == LeakageForm::product ? left * polynomial(u) : polynomial(left * u);
        }
    }
    return charge;
}

/// Table entries for one unit of charge.
struct Scale {
    double units = 1.0;
    bool whole = false;  ///< every charge is a whole number of units
};

/// As fine as `greatest` allows; of charges that are multiples of the least one, such that they are whole numbers.
Scale find_scale(const std::vector<double>& charge, double greatest) {
    double largest = 0.0;
    for (const double c : charge) {
        largest = std::max(largest, std::fabs(c));
    }
    if (largest == 0.0) {
        return {.units = 1.0, .whole = true};
    }
    double least = largest;
    for (const double c : charge) {
        if (std::fabs(c) > kWhole * largest) {
            least = std::min(least, std::fabs(c));
        }
    }
    const bool multiples = std::all_of(charge.begin(), charge.end(), [&](double c) {
        return std::fabs(c / least - std::nearbyint(c / least)) < kWhole;
    });
    const double steps = std::floor(greatest / std::nearbyint(largest / least));
    if (multiples && steps >= 1.0) {
        return {.units = steps / least, .whole = true};
    }
    return {.units = greatest / largest, .whole = false};
}

double limited(double value, unsigned bits) {
    return std::min(value, std::ldexp(1.0, static_cast<int>(std::min(bits, 53U))) - 1.0);
}

}  // namespace

ViewTables view_tables(const Config& config, const ViewFormat& format) {
    check(config, format);
    const Geometry& g = config.geometry;
    const Quantization& q = config.quantization;
    const unsigned width_bits = format.cell_bits + bits_of(q.query_levels) + bits_of(g.dim) - 1;
    ViewTables tables;
    tables.threshold_bits = width_bits + format.cell_bits + bits_of(g.tile_tokens) - 1;
    if (tables.threshold_bits > 63) {
        throw InputError("the array view's charges have " + std::to_string(tables.threshold_bits + 1) +
                         " bits at this geometry and these levels: at most 64");
    }

    const std::vector<double> charge = charges(config, format);
    const double greatest = std::ldexp(1.0, static_cast<int>(format.cell_bits) - 1) - 1.0;
    const Scale scale = find_scale(charge, greatest);
    double largest = 0.0;
    for (const double c : charge) {
        tables.cell.push_back(static_cast<std::int64_t>(std::nearbyint(c * scale.units)));
        largest = std::max(largest, std::fabs(c * scale.units));
    }

    // In table entries times cycles; and that times table entries, for the longest pulse of S5.
    const double cycles = q.query_levels - 1;
    const double full = config.charge_to_pulse.s_sat * cycles * scale.units;
    const double most_score = cycles * static_cast<double>(g.dim) * largest;
    const bool never_full = full > most_score + cycles * static_cast<double>(g.dim);
    tables.full = static_cast<std::uint64_t>(limited(std::nearbyint(full), width_bits));
    const double charge_full = config.charge_to_pulse.a_sat * full * scale.units;
    const double samples = q.output_levels - 1;
    for (unsigned j = 0; j + 1 < q.output_levels; ++j) {
        const double threshold = (j + 0.5) / samples * charge_full;
        const double least = std::ceil(threshold * (1.0 - kRounding));
        tables.thresholds.push_back(static_cast<std::uint64_t>(std::max(1.0, limited(least, tables.threshold_bits))));
    }

    const double full_error = never_full || std::fabs(full - std::nearbyint(full)) < kRounding * full ? 0.0 : 0.5;
    const double cell_error = scale.whole ? 0.0 : 0.5;
    const double width_error = cell_error * cycles * static_cast<double>(g.dim) + full_error;
    const double error = static_cast<double>(g.tile_tokens) *
                         (width_error * (largest + cell_error) + std::min(full, most_score) * cell_error);
    tables.margin = error * samples / charge_full;
    return tables;
}

}  // namespace gca
