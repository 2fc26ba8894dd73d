#include "behavioral/codec.h"

#include "behavioral/config.h"
#include "behavioral/kernels.h"

namespace gca {

void encode(std::span<const double> values, double full_scale, unsigned levels, std::span<std::uint8_t> codes) {
    kernels::encode(values.data(), values.size(), full_scale, levels - 1, codes.data());
}

Dac::Dac(unsigned levels) : volts_(levels) {
    for (unsigned code = 0; code < levels; ++code) {
        volts_[code] = code * kSupplyV / (levels - 1);
    }
}

}  // namespace gca
