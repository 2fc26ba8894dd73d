#include "behavioral/codec.h"

#include <cmath>

#include "behavioral/config.h"

namespace gca {

void encode(std::span<const double> values, double full_scale, unsigned levels, std::span<std::uint8_t> codes) {
    const double steps = levels - 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        codes[i] = static_cast<std::uint8_t>(std::nearbyint(values[i] / full_scale * steps));
    }
}

Dac::Dac(unsigned levels) : volts_(levels) {
    for (unsigned code = 0; code < levels; ++code) {
        volts_[code] = code * kSupplyV / (levels - 1);
    }
}

}  // namespace gca
