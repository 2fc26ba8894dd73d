#include "sim/rtl_head.h"

#include <fmt/format.h>

#include <algorithm>

#include "behavioral/error.h"
#include "sim/config_file.h"

namespace gca {

namespace {

/// As CMake's list of geometries has it.
std::string suffix(Readout readout) {
    return readout == Readout::counters ? "" : fmt::format("+{}", to_string(readout));
}

}  // namespace

void require_hardware(const Config& config, std::string_view engine) {
    const Quantization& q = config.quantization;
    const auto refuse_level_off = [engine](const char* key, unsigned value) {
        if (value == 0) {
            throw InputError(
                fmt::format("quantization.{} is 0: the {} engine is hardware and has no unquantised input; "
                            "use --engine functional or reference",
                            key, engine));
        }
    };
    refuse_level_off("query_levels", q.query_levels);
    refuse_level_off("store_levels", q.store_levels);
    if (q.output != OutputQuantizer::counter) {
        throw InputError(
            fmt::format("quantization.output is \"{}\": the {} engine has \"counter\" only; use --engine "
                        "functional or reference",
                        to_string(q.output), engine));
    }
}

bool fits(const BuiltHead& head, const Config& config) {
    const Quantization& q = config.quantization;
    return head.geometry == config.geometry && head.query_levels == q.query_levels &&
           head.store_levels == q.store_levels && head.output_levels == q.output_levels &&
           head.readout == config.hardware.readout;
}

const BuiltHead& find_built_head(const Config& config) {
    require_hardware(config, "rtl");
    const Quantization& q = config.quantization;
    std::string built;
    for (const BuiltHead& head : built_heads()) {
        if (fits(head, config)) {
            return head;
        }
        built += fmt::format("{}{} ({}x{}x{}{})", built.empty() ? "" : ", ", head.name, head.geometry.dim,
                             head.geometry.tile_tokens, head.geometry.tiles, suffix(head.readout));
    }
    const std::string levels = q.query_levels == 16 && q.store_levels == 8 && q.output_levels == 16
                                   ? ""
                                   : fmt::format(":{}x{}x{}", q.query_levels, q.store_levels, q.output_levels);
    const std::string readout = suffix(config.hardware.readout);
    throw InputError(fmt::format(
        "geometry {}x{}x{}{} with {}, {} and {} levels is not built for the rtl engine (built: {}); build it "
        "with: scripts/build -DGCA_EXTRA_GEOMETRIES=mine={}x{}x{}{}{}",
        config.geometry.dim, config.geometry.tile_tokens, config.geometry.tiles, readout, q.query_levels,
        q.store_levels, q.output_levels, built, config.geometry.dim, config.geometry.tile_tokens, config.geometry.tiles,
        levels, readout));
}

const BuiltHead& find_with_any_gates(const Config& config) {
    const bool is_built = std::ranges::any_of(built_heads(), [&](const BuiltHead& head) { return fits(head, config); });
    if (is_built) {
        return find_built_head(config);
    }
    const Readout readout = config.hardware.readout;
    const bool counts = readout == Readout::counters || readout == Readout::counters_gated;
    Config ungated = config;
    ungated.hardware.readout = counts ? Readout::counters : Readout::popcount;
    return find_built_head(ungated);
}

}  // namespace gca
