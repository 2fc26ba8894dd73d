#include "sim/analog_bridge.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "sim/bits.h"

namespace gca {

namespace {

// What a column needs (rtl/gca_pkg.sv).
constexpr unsigned kDischargeCycles = 5;
constexpr unsigned kWriteCycles = 10;
// For so long the comparators' signs are sure: SyncStages + 1.
constexpr unsigned kSignCycles = 3;

TimeBase time_base(const Quantization& q) {
    return {.query_cycles = q.query_levels - 1, .emit_cycles = q.output_levels - 1};
}

constexpr std::size_t words_of(std::size_t bits) {
    return (bits + 63) / 64;
}

void drive(std::span<std::byte> pins, const std::vector<std::uint64_t>& words) {
    std::memcpy(pins.data(), words.data(), std::min(pins.size(), words.size() * sizeof words[0]));
}

}  // namespace

AnalogBridge::AnalogBridge(const Config& config, const HeadPins& pins)
    : pins_(pins),
      geometry_(config.geometry),
      time_(time_base(config.quantization)),
      schedule_(Schedule::of_levels(config.quantization.query_levels, config.quantization.output_levels)),
      store_bits_(static_cast<unsigned>(std::bit_width(config.quantization.store_levels - 1))),
      last_code_(static_cast<std::uint8_t>(config.quantization.store_levels - 1)),
      keys_(config),
      values_(config),
      relu_(config.charge_to_pulse.s_sat),
      signed_(config.charge_to_pulse.a_sat, time_),
      k_port_{.id = Array::key, .array = "K", .discharge = pins.k_discharge, .write = pins.k_write, .dac = pins.k_dac},
      v_port_{
          .id = Array::value, .array = "V", .discharge = pins.v_discharge, .write = pins.v_write, .dac = pins.v_dac},
      valid_bits_(pins.c2p1_valid.size(), std::byte{0}),
      valid_(geometry_.capacity(), 0),
      codes_(geometry_.dim, 0),
      cycles_(geometry_.dim, 0),
      charge_(geometry_.capacity(), 0.0),
      phi_(geometry_.capacity(), 0.0),
      counts_(words_of(geometry_.tiles * geometry_.dim) * 64, 0),
      sign_bits_(words_of(counts_.size()), 0),
      late_sign_bits_(sign_bits_.size(), 0),
      sign_mask_(sign_bits_.size(), ~std::uint64_t{0}),
      level_bits_(time_.emit_cycles, std::vector<std::uint64_t>(sign_bits_.size(), 0)) {
    for (auto& plane : width_planes_) {
        plane.assign(words_of(geometry_.dim), 0);
    }
    if (const std::size_t used = geometry_.tiles * geometry_.dim % 64; used != 0) {
        sign_mask_.back() = (std::uint64_t{1} << used) - 1;
    }
}

void AnalogBridge::breach(const std::string& what) const {
    throw BoundaryError(fmt::format("analog boundary, cycle {}: {}", cycle_, what));
}

void AnalogBridge::step(std::uint64_t cycle) {
    cycle_ = cycle;
    if (*pins_.rst_n == 0) {
        rest();
        return;
    }
    check_controls();
    step_write(k_port_, keys_, *pins_.c2p1_integrate != 0);
    step_write(v_port_, values_, *pins_.c2p1_emit != 0);

    const bool integrate1 = *pins_.c2p1_integrate != 0;
    const bool emit1 = *pins_.c2p1_emit != 0;
    const bool emit2 = *pins_.c2p2_emit != 0;
    if (emit1 && !was_emit1_) {
        if (integrate1_cycles_ != schedule_.score_cycles) {
            breach(
                fmt::format("c2p1 integrated for {} cycles: expected {}", integrate1_cycles_, schedule_.score_cycles));
        }
        emit_scores();
        emit1_cycles_ = 0;
    }
    if (emit1) {
        ++emit1_cycles_;
        if (std::memcmp(valid_bits_.data(), pins_.c2p1_valid.data(), valid_bits_.size()) != 0) {
            breach("c2p1_valid changed while c2p1 emits");
        }
    }
    if (integrate1) {
        count_query_pulses();
    }
    if (++sign_cycles_ == kSignCycles) {
        drive(pins_.sign, late_sign_bits_);
    }
    if (emit2 && !was_emit2_) {
        if (emit1_cycles_ != schedule_.mix_cycles) {
            breach(fmt::format("c2p1 emitted for {} cycles: expected {}", emit1_cycles_, schedule_.mix_cycles));
        }
        emit_outputs();
        emit2_cycles_ = 0;
        sign_cycles_ = 0;
        drive(pins_.sign, sign_bits_);
    }
    if (emit2) {
        if (emit2_cycles_ == schedule_.emit_cycles) {
            breach(fmt::format("c2p2 emits for more than {} cycles", schedule_.emit_cycles));
        }
        drive(pins_.pulse, level_bits_[emit2_cycles_]);
        ++emit2_cycles_;
    } else if (was_emit2_) {
        if (emit2_cycles_ != schedule_.emit_cycles) {
            breach(fmt::format("c2p2 emitted for {} cycles: expected {}", emit2_cycles_, schedule_.emit_cycles));
        }
        std::fill(pins_.pulse.begin(), pins_.pulse.end(), std::byte{0});
    }
    was_integrate1_ = integrate1;
    was_emit1_ = emit1;
    was_emit2_ = emit2;
    if (observer_ != nullptr) {
        observer_->stepped(cycle);
    }
}

void AnalogBridge::rest() {
    const auto require_low = [this](bool high, const char* what) {
        if (high) {
            breach(fmt::format("{} is high in reset", what));
        }
    };
    require_low(any_bit(pins_.k_discharge) || any_bit(pins_.k_write), "a line of the K array");
    require_low(any_bit(pins_.v_discharge) || any_bit(pins_.v_write), "a line of the V array");
    require_low(any_bit(pins_.k_pulse), "a query pulse");
    require_low(*pins_.c2p1_integrate != 0 || *pins_.c2p1_emit != 0, "a control of c2p1");
    require_low(*pins_.c2p2_integrate != 0 || *pins_.c2p2_emit != 0, "a control of c2p2");
    abandon(k_port_, keys_);
    abandon(v_port_, values_);
    was_integrate1_ = false;
    was_emit1_ = false;
    was_emit2_ = false;
    std::fill(pins_.pulse.begin(), pins_.pulse.end(), std::byte{0});
    if (observer_ != nullptr) {
        observer_->stepped(cycle_);
    }
}

template <typename Array>
void AnalogBridge::abandon(WritePort& port, Array& array) {
    if (port.discharge_cycles == 0) {
        return;
    }
    std::fill(codes_.begin(), codes_.end(), last_code_);
    array.write(port.column, codes_);
    if (observer_ != nullptr) {
        observer_->written(port.id, port.column, codes_);
    }
    port.discharge_cycles = 0;
    port.write_cycles = 0;
}

void AnalogBridge::check_controls() const {
    const auto both = [this](const std::uint8_t* a, const std::uint8_t* b, const char* what) {
        if (*a != 0 && *b != 0) {
            breach(what);
        }
    };
    both(pins_.c2p1_integrate, pins_.c2p1_emit, "c2p1 integrates and emits at once");
    both(pins_.c2p2_integrate, pins_.c2p2_emit, "c2p2 integrates and emits at once");
    both(pins_.c2p1_reset, pins_.c2p1_integrate, "c2p1 is reset while it integrates");
    both(pins_.c2p1_reset, pins_.c2p1_emit, "c2p1 is reset while it emits");
    both(pins_.c2p2_reset, pins_.c2p2_integrate, "c2p2 is reset while it integrates");
    both(pins_.c2p2_reset, pins_.c2p2_emit, "c2p2 is reset while it emits");
    if (*pins_.c2p1_emit != *pins_.c2p2_integrate) {
        breach("c2p2 must integrate exactly while c2p1 emits");
    }
}

std::ptrdiff_t AnalogBridge::high_line(std::span<const std::byte> lines, const char* array, const char* what) const {
    const std::ptrdiff_t line = single_bit(lines);
    if (line == kSeveralBits) {
        breach(fmt::format("more than one {} line of the {} array is high", what, array));
    }
    return line;
}

template <typename Array>
void AnalogBridge::step_write(WritePort& port, Array& array, bool reading) {
    if (!any_bit(port.discharge) && !any_bit(port.write)) {
        if (port.discharge_cycles != 0) {
            breach(fmt::format(
                "column {} of the {} array was discharged for {} cycles and written for {}: needs {} and {}",
                port.column, port.array, port.discharge_cycles, port.write_cycles, kDischargeCycles, kWriteCycles));
        }
        return;
    }
    const std::ptrdiff_t discharge = high_line(port.discharge, port.array, "discharge");
    const std::ptrdiff_t write = high_line(port.write, port.array, "write");
    if (discharge >= 0 && write >= 0) {
        breach(fmt::format("the {} array is discharged and written at once", port.array));
    }
    if (reading) {
        breach(fmt::format("the {} array is written while it is read", port.array));
    }
    if (discharge >= 0) {
        const auto column = static_cast<std::size_t>(discharge);
        if (port.discharge_cycles == 0) {
            port.column = column;
        }
        if (column != port.column || port.write_cycles != 0) {
            breach(fmt::format("column {} of the {} array is discharged before column {} is written", column,
                               port.array, port.column));
        }
        if (++port.discharge_cycles == kDischargeCycles) {
            array.discharge(column);
            if (observer_ != nullptr) {
                observer_->discharged(port.id, column);
            }
        }
        return;
    }
    if (port.discharge_cycles != kDischargeCycles || static_cast<std::size_t>(write) != port.column) {
        breach(
            fmt::format("column {} of the {} array is written, but column {} was discharged, for {} cycles (needs {})",
                        write, port.array, port.column, port.discharge_cycles, kDischargeCycles));
    }
    if (++port.write_cycles == kWriteCycles) {
        for (std::size_t row = 0; row < geometry_.dim; ++row) {
            codes_[row] = static_cast<std::uint8_t>(get_field(port.dac, row, store_bits_));
        }
        array.write(port.column, codes_);
        if (observer_ != nullptr) {
            observer_->written(port.id, port.column, codes_);
        }
        port.discharge_cycles = 0;
        port.write_cycles = 0;
    }
}

void AnalogBridge::count_query_pulses() {
    if (!was_integrate1_) {
        integrate1_cycles_ = 0;
        for (auto& plane : width_planes_) {
            std::fill(plane.begin(), plane.end(), 0);
        }
    }
    ++integrate1_cycles_;
    for (std::size_t w = 0; w < width_planes_[0].size(); ++w) {
        std::uint64_t carry = load_word(pins_.k_pulse, w * sizeof carry);
        for (std::size_t p = 0; carry != 0; ++p) {
            const std::uint64_t old = width_planes_.at(p)[w];
            width_planes_[p][w] = old ^ carry;
            carry &= old;
        }
    }
}

void AnalogBridge::read_valid_bits() {
    used_ = 0;
    for (std::size_t c = 0; c < valid_.size(); ++c) {
        valid_[c] = static_cast<std::uint8_t>(get_field(valid_bits_, c, 1));
        used_ = valid_[c] != 0 ? c + 1 : used_;
    }
}

void AnalogBridge::emit_scores() {
    for (std::size_t row = 0; row < geometry_.dim; ++row) {
        unsigned cycles = 0;
        for (std::size_t p = 0; p < width_planes_.size(); ++p) {
            cycles |= static_cast<unsigned>(width_planes_[p][row / 64] >> (row % 64) & 1U) << p;
        }
        cycles_[row] = static_cast<std::uint8_t>(cycles);
    }
    if (std::memcmp(valid_bits_.data(), pins_.c2p1_valid.data(), valid_bits_.size()) != 0) {
        std::copy(pins_.c2p1_valid.begin(), pins_.c2p1_valid.end(), valid_bits_.begin());
        read_valid_bits();
    }
    const std::span<double> charge(charge_.data(), used_);
    keys_.read(cycles_, time_, charge);
    statistics_.phi_saturated += relu_.emit(charge, {valid_.data(), used_}, {phi_.data(), used_});
    if (observer_ != nullptr) {
        observer_->scored(cycles_, charge, {phi_.data(), used_});
    }
    keys_.age();
    if (observer_ != nullptr) {
        observer_->aged(Array::key);
    }
}

void AnalogBridge::emit_outputs() {
    const std::size_t outputs = geometry_.tiles * geometry_.dim;
    values_.read_counts({phi_.data(), used_}, signed_, {counts_.data(), outputs});
    if (observer_ != nullptr) {
        observer_->mixed({phi_.data(), used_}, {counts_.data(), outputs});
    }
    values_.age();
    if (observer_ != nullptr) {
        observer_->aged(Array::value);
    }
    kernels::pack_below_zero(counts_.data(), counts_.size(), sign_bits_.data());
    std::transform(sign_bits_.begin(), sign_bits_.end(), sign_mask_.begin(), late_sign_bits_.begin(),
                   [](std::uint64_t sign, std::uint64_t mask) { return ~sign & mask; });
    for (std::size_t sample = 0; sample < level_bits_.size(); ++sample) {
        kernels::pack_magnitude_above(counts_.data(), counts_.size(), static_cast<std::int8_t>(sample),
                                      level_bits_[sample].data());
    }
}

void AnalogBridge::WritePort::transfer(StateArchive& archive, std::size_t columns) {
    archive.number<std::size_t>("column", column, 0, columns - 1);
    archive.number("discharge cycles", discharge_cycles, 0U, kDischargeCycles);
    archive.number("write cycles", write_cycles, 0U, kWriteCycles - 1);
}

void AnalogBridge::transfer(StateArchive& archive) {
    keys_.transfer(archive);
    values_.transfer(archive);
    k_port_.transfer(archive, geometry_.capacity());
    v_port_.transfer(archive, geometry_.capacity());
    archive.flag("was_integrate1", was_integrate1_);
    archive.flag("was_emit1", was_emit1_);
    archive.flag("was_emit2", was_emit2_);
    archive.number("integrate1 cycles", integrate1_cycles_);
    archive.number("emit1 cycles", emit1_cycles_);
    archive.number("emit2 cycles", emit2_cycles_, 0U, schedule_.emit_cycles);
    archive.number("sign cycles", sign_cycles_);
    archive.numbers<std::uint64_t>("late signs", late_sign_bits_);
    for (std::vector<std::uint64_t>& plane : width_planes_) {
        archive.numbers<std::uint64_t>("pulse widths", plane);
    }
    archive.bytes("valid columns", valid_bits_);
    read_valid_bits();
    archive.numbers<double>("pulse widths of S3", phi_, 0.0, 1.0);
    for (std::vector<std::uint64_t>& level : level_bits_) {
        archive.numbers<std::uint64_t>("pulses of S5", level);
    }
    archive.number("saturated pulses", statistics_.phi_saturated);
    archive.number("saturated counts", statistics_.counts_saturated);
}

}  // namespace gca
