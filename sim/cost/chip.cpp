#include "sim/cost/chip.h"

#include <utility>

#include "sim/cost/paper_figures.h"

namespace gca {

namespace {

constexpr double kUm2PerMm2 = 1e6;

double per_token(double sum, const Activity& activity) {
    return sum / static_cast<double>(activity.tokens);
}

double cells_mm2(const Geometry& geometry) {
    return static_cast<double>(gain_cells(geometry)) * paper::kCellUm2 / kUm2PerMm2;
}

}  // namespace

std::size_t charge_to_pulse_blocks(const Geometry& geometry) {
    return geometry.capacity() + geometry.tiles * geometry.dim;
}

std::size_t gain_cells(const Geometry& geometry) {
    return 2 * geometry.dim * geometry.capacity();
}

Chip::Chip(DigitalFigures digital)
    : digital_(std::move(digital)),
      calibration_(uniform_activity(Config{}, Geometry{}.capacity())),
      key_pj_per_charge_(paper::kKeyArrayPj / per_token(calibration_.key_charge, calibration_)),
      value_pj_per_charge_(paper::kValueArrayPj / per_token(calibration_.value_charge, calibration_)),
      um2_per_block_((paper::kHeadMm2 - cells_mm2(Geometry{}) - digital_.area_mm2(Geometry{})) * kUm2PerMm2 /
                     static_cast<double>(charge_to_pulse_blocks(Geometry{}))) {}

TokenEnergy Chip::energy(const Config& config, const Activity& activity, double cycles) const {
    const Geometry head;
    const double conversions = static_cast<double>(config.geometry.dim) / static_cast<double>(head.dim);
    const double flops = digital_.flops.at(config.geometry) / digital_.flops.at(head);
    return {.key_array = key_pj_per_charge_ * per_token(activity.key_charge, activity),
            .value_array = value_pj_per_charge_ * per_token(activity.value_charge, activity),
            .digital = paper::kDigitalPj * flops * cycles / paper::kLatencyNs,
            .dacs = paper::kDacsPj * conversions};
}

HeadArea Chip::area(const Geometry& geometry) const {
    return {.cells = cells_mm2(geometry),
            .charge_to_pulse = static_cast<double>(charge_to_pulse_blocks(geometry)) * um2_per_block_ / kUm2PerMm2,
            .digital = digital_.area_mm2(geometry)};
}

}  // namespace gca
