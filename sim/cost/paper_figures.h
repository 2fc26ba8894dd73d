// Published figures of the chip and of the GPUs that it is compared with: Leroux, Manea et al., arXiv 2409.19315,
// Nature Computational Science 5, 813-824, 2025, and the files that its authors published. Estimates take them as their
// scale.
#pragma once

#include <array>

namespace gca::paper {

/// Energy of one token in one head of 64 x 64 x 16, in pJ.
inline constexpr double kKeyArrayPj = 1120.0;  ///< with its charge-to-pulse blocks
inline constexpr double kValueArrayPj = 700.0;
inline constexpr double kDigitalPj = 4000.0;  ///< control and routing
inline constexpr double kDacsPj = 330.0;
inline constexpr double kDigitalMw = 113.7;

inline constexpr double kLatencyNs = 65.0;
inline constexpr double kCellUm2 = 1.0;  ///< the worst case: six transistors
inline constexpr double kHeadMm2 = 0.5;

/// Attention alone of 12 heads at 1024 steps: a batch of 64, time and energy divided by 64.
struct Gpu {
    const char* name;
    double us;  ///< a token
    double mj;  ///< a token
    double said_faster;
    double said_less_energy;
};
inline constexpr std::array kGpus{Gpu{"Jetson Nano", 488.9, 3.246, 7000.0, 40000.0},
                                  Gpu{"RTX 4090", 22.37, 7.178, 300.0, 90000.0}};
inline constexpr double kGpuHeads = 12.0;

}  // namespace gca::paper
