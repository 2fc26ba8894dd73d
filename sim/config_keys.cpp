#include "sim/config_keys.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "sim/config_file.h"

namespace gca {

namespace config_schema {

namespace {

constexpr std::array kOutputQuantizers{Named<OutputQuantizer>{OutputQuantizer::counter, "counter"},
                                       Named<OutputQuantizer>{OutputQuantizer::mid_tread, "mid-tread"},
                                       Named<OutputQuantizer>{OutputQuantizer::off, "off"}};
constexpr std::array kCellModels{Named<CellModel>{CellModel::cubic, "cubic"},
                                 Named<CellModel>{CellModel::linear, "linear"},
                                 Named<CellModel>{CellModel::polynomial, "polynomial"}};
constexpr std::array kLeakageForms{Named<LeakageForm>{LeakageForm::off, "off"},
                                   Named<LeakageForm>{LeakageForm::voltage, "voltage"},
                                   Named<LeakageForm>{LeakageForm::product, "product"}};

constexpr std::array kReadouts{
    Named<Readout>{Readout::counters, "counters"}, Named<Readout>{Readout::counters_gated, "counters-gated"},
    Named<Readout>{Readout::popcount, "popcount"}, Named<Readout>{Readout::popcount_gated, "popcount-gated"}};

std::vector<Key> make_keys() {
    constexpr std::int64_t kMaxSize = 4096;
    constexpr std::int64_t kMaxTiles = 1024;
    constexpr std::int64_t kMaxLevels = 128;
    constexpr double kSiliconTau = 5e-3;
    constexpr double kGpt2Step = 7.8e-7;
    return {
        {"geometry", "dim", "head dimension: rows of the K array, outputs of the V array",
         whole(
             [](auto& config) -> auto& { return config.geometry.dim; }, 1, kMaxSize)},
        {"geometry", "tile_tokens", "tokens (columns) a sub-tile",
         whole(
             [](auto& config) -> auto& { return config.geometry.tile_tokens; }, 1, kMaxSize)},
        {"geometry", "tiles", "sub-tiles a head; the window is tile_tokens * tiles tokens",
         whole(
             [](auto& config) -> auto& { return config.geometry.tiles; }, 1, kMaxTiles)},

        {"hardware", "readout",
         "how the RTL makes sums of pulses (rtl/README.md), with clock gates or without; the results are the same",
         choice(
             kReadouts, [](auto& config) -> auto& { return config.hardware.readout; })},

        {"quantization", "query_levels", "levels of a query over 0..1 of the longest pulse",
         whole(
             [](auto& config) -> auto& { return config.quantization.query_levels; }, 2, kMaxLevels, Zero::turns_off)},
        {"quantization", "store_levels", "levels of a stored key or value over 0..0.9 V",
         whole(
             [](auto& config) -> auto& { return config.quantization.store_levels; }, 2, kMaxLevels, Zero::turns_off)},
        {"quantization", "output",
         "quantiser of each sub-tile's output: the hardware's counter, that of the authors' training code, or none",
         choice(
             kOutputQuantizers, [](auto& config) -> auto& { return config.quantization.output; })},
        {"quantization", "output_levels", "levels of the output's magnitude, its sign not included",
         whole(
             [](auto& config) -> auto& { return config.quantization.output_levels; }, 2, kMaxLevels)},

        {kCell, kModel, "charge of a cell as a function of u, the stored voltage less 0.45 V",
         choice(
             kCellModels, [](auto& config) -> auto& { return config.cell.model; })},
        {kCell, kCoefficients,
         "charge of a cell in powers of u in volts, the constant first: needed by \"polynomial\", else refused",
         polynomial_coefficients()},

        {"charge_to_pulse", "s_sat", "charge of a K-array column, in units of the cell's, at the longest pulse",
         real(
             [](auto& config) -> auto& { return config.charge_to_pulse.s_sat; }, Bound::full_scale)},
        {"charge_to_pulse", "a_sat", "charge of a V-array output, in units of the cell's, at the longest pulse",
         real(
             [](auto& config) -> auto& { return config.charge_to_pulse.a_sat; }, Bound::full_scale)},

        {kLeakage, "form", "what decays by exp(-decay_per_token * age): nothing, the voltage u, or the cell's charge",
         choice(
             kLeakageForms, [](auto& config) -> auto& { return config.leakage.form; })},
        {kLeakage, kDecayPerToken, "decay exponent a token (no unit)",
         real(
             [](auto& config) -> auto& { return config.leakage.decay_per_token; }, Bound::at_least_zero)},
        {kLeakage, kTau,
         "retention time constant in s; with step_s in place of decay_per_token, which is then step_s / tau_s",
         seconds(&Draft::tau_s, Bound::above_zero, kSiliconTau)},
        {kLeakage, kStep, "time from one token to the next in s; with tau_s in place of decay_per_token",
         seconds(&Draft::step_s, Bound::at_least_zero, kGpt2Step)},

        {kScalers, "q_a", "gain of the queries' scaler a * x + b",
         one_or_many([](auto& config) -> auto& { return config.scalers.q.a; })},
        {kScalers, "q_b", "offset of the queries' scaler, as a fraction of the longest pulse",
         one_or_many([](auto& config) -> auto& { return config.scalers.q.b; })},
        {kScalers, "k_a", "gain of the keys' scaler",
         one_or_many([](auto& config) -> auto& { return config.scalers.k.a; })},
        {kScalers, "k_b", "offset of the keys' scaler in V",
         one_or_many([](auto& config) -> auto& { return config.scalers.k.b; })},
        {kScalers, "v_a", "gain of the values' scaler",
         one_or_many([](auto& config) -> auto& { return config.scalers.v.a; })},
        {kScalers, "v_b", "offset of the values' scaler in V",
         one_or_many([](auto& config) -> auto& { return config.scalers.v.b; })},
        {kScalers, "output_a", "gain of the output's scaler",
         one_or_many([](auto& config) -> auto& { return config.scalers.output.a; })},
        {kScalers, "output_b", "offset of the output's scaler",
         one_or_many([](auto& config) -> auto& { return config.scalers.output.b; })},
    };
}

}  // namespace

const std::vector<Key>& keys() {
    static const std::vector<Key> all = make_keys();
    return all;
}

const Key* find_key(std::string_view section, std::string_view name) {
    const auto found = std::find_if(keys().begin(), keys().end(),
                                    [&](const Key& key) { return key.section == section && key.name == name; });
    return found == keys().end() ? nullptr : &*found;
}

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    for (const Key& key : keys()) {
        if (names.empty() || names.back() != key.section) {
            names.emplace_back(key.section);
        }
    }
    return names;
}

bool is_section(std::string_view name) {
    return std::any_of(keys().begin(), keys().end(), [&](const Key& key) { return key.section == name; });
}

}  // namespace config_schema

std::string_view to_string(OutputQuantizer quantizer) {
    return config_schema::name_of(config_schema::kOutputQuantizers, quantizer);
}
std::string_view to_string(CellModel model) {
    return config_schema::name_of(config_schema::kCellModels, model);
}
std::string_view to_string(LeakageForm form) {
    return config_schema::name_of(config_schema::kLeakageForms, form);
}
std::string_view to_string(Readout readout) {
    return config_schema::name_of(config_schema::kReadouts, readout);
}

}  // namespace gca
