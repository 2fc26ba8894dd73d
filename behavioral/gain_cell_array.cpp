#include "behavioral/gain_cell_array.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "behavioral/cell.h"

namespace gca {

namespace {

constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

kernels::MomentBasis moment_basis(const LevelBasis& basis) {
    return {.shift = basis.shift, .scale2 = basis.scale2, .base2 = basis.base2, .scale3 = basis.scale3};
}

// Sixteen-bit weights keep this far from the ends, so that their upper byte is a signed byte after the split.
constexpr double kWeightRange = 32500.0;
// Rounding of the double-precision parts of the short way, far above what they can add up to.
constexpr double kArithmeticSlack = 1e-9;
constexpr double kRelativeSlack = 1e-12;  // of the part without a level
// Narrower pulses than this are scaled as if they were as wide: a scale must be finite.
constexpr double kLeastWidth = 1e-100;

}  // namespace

ColumnCharges::ColumnCharges(const Config& config)
    : voltage_form_(config.leakage.form != LeakageForm::product),
      decay_(config.leakage.form == LeakageForm::off ? 1.0 : std::exp(-config.leakage.decay_per_token)),
      basis_(config.quantization.store_levels),
      fresh_(cell_coefficients(config.cell)),
      remaining_(config.geometry.capacity(), 0.0) {
    constexpr unsigned kMaxDigit = 127;
    const unsigned query_levels = config.quantization.query_levels;
    integer_ =
        basis_.fits && query_levels >= 2 && query_levels - 1 <= kMaxDigit && fresh_.size() <= kernels::kMoments + 1;
    if (integer_) {
        fresh_.resize(kernels::kMoments + 1, 0.0);
        double power = 1.0;
        for (double& coefficient : fresh_) {
            coefficient *= power;
            power *= basis_.unit_v;
        }
    }
}

CodeMatrix::CodeMatrix(std::size_t lanes, std::size_t steps)
    : lanes_(round_up(lanes, kernels::kLaneBlock)),
      quads_((steps + kernels::kQuad - 1) / kernels::kQuad),
      codes_(lanes_ * quads_ * kernels::kQuad, 0) {}

KeyArray::KeyArray(const Config& config)
    : dim_(config.geometry.dim),
      columns_(config),
      dac_(std::max(config.quantization.store_levels, 2U)),
      codes_(columns_.integer() ? config.geometry.capacity() : 0, dim_),
      u_(columns_.integer() ? 0 : dim_ * config.geometry.capacity(), 0.0),
      capacity_(config.geometry.capacity()),
      digits_(codes_.quads() * kernels::kQuad, 0),
      moments_(kernels::kMoments * codes_.lanes(), 0) {}

void KeyArray::discharge(std::size_t column) {
    columns_.write(column);
    for (std::size_t row = 0; row < dim_; ++row) {
        if (columns_.integer()) {
            codes_.set(column, row, 0);
        } else {
            u_[row * capacity_ + column] = -kOffsetV;
        }
    }
}

void KeyArray::write(std::size_t column, std::span<const std::uint8_t> codes) {
    columns_.write(column);
    for (std::size_t row = 0; row < dim_; ++row) {
        if (columns_.integer()) {
            codes_.set(column, row, codes[row]);
        } else {
            u_[row * capacity_ + column] = dac_.volts(codes[row]) - kOffsetV;
        }
    }
}

void KeyArray::write_volts(std::size_t column, std::span<const double> volts) {
    columns_.write(column);
    for (std::size_t row = 0; row < dim_; ++row) {
        u_[row * capacity_ + column] = volts[row] - kOffsetV;
    }
}

void KeyArray::read(std::span<const std::uint8_t> cycles, const TimeBase& time, std::span<double> charge) {
    if (!columns_.integer()) {
        widths_.resize(dim_);
        std::transform(cycles.begin(), cycles.end(), widths_.begin(), [&](auto n) { return time.width_of_cycles(n); });
        read_widths(widths_, charge);
        return;
    }
    int sum_q = 0;
    for (std::size_t row = 0; row < dim_; ++row) {
        digits_[row] = static_cast<std::int8_t>(cycles[row]);
        sum_q += cycles[row];
    }
    const std::size_t lanes = codes_.lanes();
    const std::array<std::int32_t*, kernels::kMoments> t{moments_.data(), moments_.data() + lanes,
                                                         moments_.data() + 2 * lanes};
    const LevelBasis& basis = columns_.basis();
    kernels::quad_dot(codes_.view(), basis.tables, digits_.data(), charge.size(), t);
    kernels::scores({.t = {t[0], t[1], t[2]},
                     .cell = columns_.terms(0),
                     .basis = moment_basis(basis),
                     .sum_q = static_cast<double>(sum_q),
                     .x_unit = time.width_of_cycles(1),
                     .columns = charge.size()},
                    charge.data());
}

double KeyArray::cell_volts(std::size_t column, std::size_t row) const {
    const LevelBasis& basis = columns_.basis();
    return columns_.volts(column, columns_.integer() ? basis.unit_v * basis.level[codes_.get(column, row)]
                                                     : u_[row * capacity_ + column]);
}

double KeyArray::cell_charge(std::size_t column, std::size_t row) const {
    return columns_.cell(
        column, columns_.integer() ? columns_.basis().level[codes_.get(column, row)] : u_[row * capacity_ + column]);
}

void KeyArray::transfer(StateArchive& archive) {
    columns_.transfer(archive);
    codes_.transfer(archive, static_cast<std::uint8_t>(dac_.levels() - 1));
    archive.numbers<double>("stored voltage", u_, -kSupplyV, kSupplyV);
}

void KeyArray::read_widths(std::span<const double> widths, std::span<double> charge) const {
    std::fill(charge.begin(), charge.end(), 0.0);
    for (std::size_t row = 0; row < dim_; ++row) {
        const double x = widths[row];
        const double* u = &u_[row * capacity_];
        for (std::size_t c = 0; c < charge.size(); ++c) {
            charge[c] += x * columns_.cell(c, u[c]);
        }
    }
}

ValueArray::ValueArray(const Config& config)
    : geometry_(config.geometry),
      columns_(config),
      dac_(std::max(config.quantization.store_levels, 2U)),
      codes_(columns_.integer() ? geometry_.tiles : 0, CodeMatrix(geometry_.dim, geometry_.tile_tokens)),
      u_(columns_.integer() ? 0 : geometry_.capacity() * geometry_.dim, 0.0) {
    if (!columns_.integer()) {
        return;
    }
    // Leakage only shrinks the coefficients and no pulse is wider than 1, so a fresh column bounds every weight.
    const LevelBasis& basis = columns_.basis();
    const std::array<double, kernels::kMoments> bound{std::fabs(columns_.fresh(1)) + std::fabs(columns_.fresh(3)),
                                                      basis.scale2 * std::fabs(columns_.fresh(2)),
                                                      basis.scale3 * std::fabs(columns_.fresh(3))};
    double largest_table = 0.0;
    for (std::size_t m = 0; m < kernels::kMoments; ++m) {
        weight_scale_[m] = 1.0;
        if (bound[m] > 0.0) {  // otherwise the weight is zero and rounds to that
            weight_scale_[m] = kWeightRange / bound[m];
            error_per_column_ += 0.5001 / weight_scale_[m] * basis.largest[m];
        }
        largest_table = std::max(largest_table, basis.shift[m] + basis.largest[m]);
    }
    const double largest_sum = static_cast<double>(geometry_.tile_tokens) * largest_table * 32768.0;
    short_way_ = largest_sum < std::numeric_limits<std::int32_t>::max();
    const CodeMatrix& tile = codes_.front();
    const std::size_t stride = round_up(geometry_.tile_tokens, kernels::kConstantParts);
    words_.resize(kernels::kMoments * stride);
    constants_.resize(stride);
    digits_.resize(2 * words_.size());
    moments_.resize(kernels::kMoments * tile.lanes());
    uncertain_.resize(geometry_.dim);
}

void ValueArray::discharge(std::size_t column) {
    columns_.write(column);
    for (std::size_t e = 0; e < geometry_.dim; ++e) {
        if (columns_.integer()) {
            codes_[column / geometry_.tile_tokens].set(e, column % geometry_.tile_tokens, 0);
        } else {
            u_[column * geometry_.dim + e] = -kOffsetV;
        }
    }
}

void ValueArray::write(std::size_t column, std::span<const std::uint8_t> codes) {
    columns_.write(column);
    for (std::size_t e = 0; e < geometry_.dim; ++e) {
        if (columns_.integer()) {
            codes_[column / geometry_.tile_tokens].set(e, column % geometry_.tile_tokens, codes[e]);
        } else {
            u_[column * geometry_.dim + e] = dac_.volts(codes[e]) - kOffsetV;
        }
    }
}

void ValueArray::write_volts(std::size_t column, std::span<const double> volts) {
    columns_.write(column);
    for (std::size_t e = 0; e < geometry_.dim; ++e) {
        u_[column * geometry_.dim + e] = volts[e] - kOffsetV;
    }
}

double ValueArray::cell_volts(std::size_t column, std::size_t output) const {
    const LevelBasis& basis = columns_.basis();
    const std::size_t tile = column / geometry_.tile_tokens;
    return columns_.volts(column,
                          columns_.integer()
                              ? basis.unit_v * basis.level[codes_[tile].get(output, column % geometry_.tile_tokens)]
                              : u_[column * geometry_.dim + output]);
}

double ValueArray::cell_charge(std::size_t column, std::size_t output) const {
    const std::size_t tile = column / geometry_.tile_tokens;
    return columns_.cell(column, columns_.integer()
                                     ? columns_.basis().level[codes_[tile].get(output, column % geometry_.tile_tokens)]
                                     : u_[column * geometry_.dim + output]);
}

void ValueArray::transfer(StateArchive& archive) {
    columns_.transfer(archive);
    for (CodeMatrix& tile : codes_) {
        tile.transfer(archive, static_cast<std::uint8_t>(dac_.levels() - 1));
    }
    archive.numbers<double>("stored voltage", u_, -kSupplyV, kSupplyV);
}

void ValueArray::read(std::span<const double> widths, std::span<double> charge) const {
    std::fill(charge.begin(), charge.end(), 0.0);
    std::array<double, 16> cell{};
    for (std::size_t column = 0; column < widths.size(); ++column) {
        const double x = widths[column];
        if (x == 0.0) {
            continue;
        }
        const std::size_t tile = column / geometry_.tile_tokens;
        double* a = &charge[tile * geometry_.dim];
        if (columns_.integer()) {
            const std::vector<int>& level = columns_.basis().level;
            for (std::size_t code = 0; code < level.size(); ++code) {
                cell[code] = x * columns_.cell(column, level[code]);
            }
            for (std::size_t e = 0; e < geometry_.dim; ++e) {
                a[e] += cell[codes_[tile].get(e, column % geometry_.tile_tokens)];
            }
        } else {
            const double* u = &u_[column * geometry_.dim];
            for (std::size_t e = 0; e < geometry_.dim; ++e) {
                a[e] += x * columns_.cell(column, u[e]);
            }
        }
    }
}

void ValueArray::read_counts(std::span<const double> widths, const SignedChargeToPulse& c2p,
                             std::span<std::int8_t> counts) {
    if (short_way_) {
        for (std::size_t tile = 0; tile < geometry_.tiles; ++tile) {
            const std::size_t first = std::min(tile * geometry_.tile_tokens, widths.size());
            const std::size_t columns = std::min(geometry_.tile_tokens, widths.size() - first);
            read_tile_counts(widths.subspan(first, columns), tile, c2p,
                             counts.subspan(tile * geometry_.dim, geometry_.dim));
        }
        return;
    }
    charge_.resize(counts.size());
    read(widths, charge_);
    std::transform(charge_.begin(), charge_.end(), counts.begin(),
                   [&](double a) { return static_cast<std::int8_t>(c2p.signed_samples(a)); });
}

void ValueArray::read_tile_counts(std::span<const double> widths, std::size_t tile, const SignedChargeToPulse& c2p,
                                  std::span<std::int8_t> counts) {
    const double widest = kernels::largest(widths.data(), widths.size());
    if (widest == 0.0) {
        std::fill(counts.begin(), counts.end(), std::int8_t{0});
        return;
    }

    const LevelBasis& basis = columns_.basis();
    const kernels::CellTerms cell = columns_.terms(tile * geometry_.tile_tokens);
    // The widest pulse takes the weights to the ends of their range.
    std::array<double, kernels::kMoments> weight_scale{};
    for (std::size_t m = 0; m < kernels::kMoments; ++m) {
        weight_scale[m] = weight_scale_[m] / std::max(widest, kLeastWidth);
    }
    const std::size_t stride = constants_.size();
    const kernels::WeightSums sums = kernels::weights(
        {.phi = widths.data(),
         .cell = cell,
         .basis = moment_basis(basis),
         .weight_scale = weight_scale,
         .columns = widths.size()},
        {.stride = stride, .words = words_.data(), .constants = constants_.data(), .digits = digits_.data()});

    const kernels::CodeView cells = codes_[tile].view();
    const std::size_t quads = (widths.size() + kernels::kQuad - 1) / kernels::kQuad;
    const std::array<std::int32_t*, kernels::kMoments> t{moments_.data(), moments_.data() + cells.lanes,
                                                         moments_.data() + 2 * cells.lanes};
    kernels::quad_dot_wide(cells, basis.tables, digits_.data(), stride, quads, t);

    kernels::CountInputs in{.t = {t[0], t[1], t[2]},
                            .inv_scale = {},
                            .offset = {},
                            .constant = sums.constant,
                            .gain = c2p.samples_per_charge(),
                            .error = error_per_column_ * widest * static_cast<double>(widths.size()) +
                                     kArithmeticSlack + kRelativeSlack * std::fabs(sums.constant),
                            .max_count = static_cast<double>(c2p.max_samples()),
                            .outputs = geometry_.dim};
    for (std::size_t m = 0; m < kernels::kMoments; ++m) {
        in.inv_scale[m] = 1.0 / weight_scale[m];
        in.offset[m] = basis.shift[m] * static_cast<double>(sums.sum[m]);
    }
    if (kernels::signed_counts(in, counts.data(), uncertain_.data()) == 0) {
        return;
    }
    for (std::size_t e = 0; e < geometry_.dim; ++e) {
        if (uncertain_[e] != 0) {
            const double charge = kernels::lane_charge({.view = cells,
                                                        .lane = e,
                                                        .phi = widths.data(),
                                                        .cell = cell,
                                                        .level_step = basis.level_step,
                                                        .level_top = basis.level_top,
                                                        .steps = widths.size()},
                                                       constants_.data());
            counts[e] = static_cast<std::int8_t>(c2p.signed_samples(charge));
        }
    }
}

}  // namespace gca
