// The host's side of S0: real numbers to codes. And the DAC: codes to voltages.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gca {

/// Codes of `values` (each within 0..full_scale): the nearest of `levels` evenly spaced levels, half to even.
void encode(std::span<const double> values, double full_scale, unsigned levels, std::span<std::uint8_t> codes);

/// Voltages of a DAC's codes: code c of L levels gives c * 0.9 V / (L - 1).
class Dac {
 public:
    explicit Dac(unsigned levels);

    [[nodiscard]] unsigned levels() const { return static_cast<unsigned>(volts_.size()); }
    [[nodiscard]] double volts(std::uint8_t code) const { return volts_[code]; }

 private:
    std::vector<double> volts_;
};

}  // namespace gca
