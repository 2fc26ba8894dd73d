// The two charge-to-pulse blocks (S3 and S5).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "behavioral/kernels.h"
#include "behavioral/time_base.h"

namespace gca {

/// S3: no pulse for a negative charge (ReLU), then linear, at most the longest pulse, which charge `s_sat` gives. The
/// width is continuous.
class ReluChargeToPulse {
 public:
    explicit ReluChargeToPulse(double s_sat) : inv_s_sat_(1.0 / s_sat) {}

    /// Widths (fractions of the longest pulse) of all columns; a column that is not valid emits nothing.
    /// Returns how many reached the longest.
    [[nodiscard]] std::size_t emit(std::span<const double> charge, std::span<const std::uint8_t> valid,
                                   std::span<double> width) const {
        return kernels::relu_widths(charge.data(), valid.data(), inv_s_sat_, width.size(), width.data());
    }

 private:
    double inv_s_sat_;
};

/// S5: a pulse as wide as the charge is large, at most the longest, which charge `a_sat` gives; a comparator gives the
/// sign.
class SignedChargeToPulse {
 public:
    SignedChargeToPulse(double a_sat, TimeBase time) : a_sat_(a_sat), time_(time) {}

    /// The clamped charge, -1..1 of full scale: its magnitude is the pulse's width.
    [[nodiscard]] double clamped(double charge) const { return std::clamp(charge / a_sat_, -1.0, 1.0); }
    /// Number of clock samples that see the pulse, negative for a negative charge.
    [[nodiscard]] int signed_samples(double charge) const {
        const int samples = time_.samples_of_width(std::fabs(clamped(charge)));
        return charge < 0.0 ? -samples : samples;
    }
    [[nodiscard]] unsigned max_samples() const { return time_.emit_cycles; }
    [[nodiscard]] double samples_per_charge() const { return time_.emit_cycles / a_sat_; }

 private:
    double a_sat_;
    TimeBase time_;
};

}  // namespace gca
