// What closed-loop tests run: a built geometry, how the host behaves, and random tokens that use the head's range.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "sim/config_file.h"
#include "sim/npz.h"
#include "sim/rtl_head.h"
#include "sim/run.h"
#include "sim/sequences.h"

namespace gca {

struct LoopCase {
    std::string head;
    Mode mode = Mode::sequential;
    Backpressure backpressure = Backpressure::none;
    LeakageForm leakage = LeakageForm::voltage;
    CellModel cell = CellModel::cubic;
    std::size_t window = 0;  ///< 0: the capacity
    std::size_t heads = 2;
    std::size_t tokens = 0;
    std::uint64_t seed = 1;

    [[nodiscard]] std::string name() const {
        return fmt::format("{}_{}_{}_{}_{}_window{}_heads{}_tokens{}_seed{}", head, to_string(mode),
                           to_string(backpressure), to_string(leakage), to_string(cell), window, heads, tokens, seed);
    }
};

inline void PrintTo(const LoopCase& c, std::ostream* out) {
    *out << c.name();
}

inline const BuiltHead& built(const std::string& name) {
    const auto& heads = built_heads();
    return *std::find_if(heads.begin(), heads.end(), [&](const BuiltHead& head) { return head.name == name; });
}

inline Config configuration(const LoopCase& c) {
    const BuiltHead& head = built(c.head);
    Config config;
    config.geometry = head.geometry;
    config.quantization.query_levels = head.query_levels;
    config.quantization.store_levels = head.store_levels;
    config.quantization.output_levels = head.output_levels;
    config.hardware.readout = head.readout;
    config.cell.model = c.cell;
    // Fewer rows and columns add up to less charge: full scale follows, so that small heads use their range too.
    config.charge_to_pulse.s_sat *= static_cast<double>(config.geometry.dim) / 64.0;
    config.charge_to_pulse.a_sat *= static_cast<double>(config.geometry.tile_tokens) / 64.0;
    config.leakage.form = c.leakage;
    config.leakage.decay_per_token = 0.01;  // strong enough to show within a few tokens
    return config;
}

/// Random tokens; every seventh value lies at an end of its range.
inline Sequences random_sequences(const LoopCase& c, std::size_t dim) {
    Sequences s{.heads = c.heads, .tokens = c.tokens, .dim = dim, .q = {}, .k = {}, .v = {}};
    std::mt19937_64 random(c.seed);
    const auto fill = [&](std::vector<double>& values, double full_scale) {
        std::normal_distribution<double> normal(0.5, 0.35);
        std::uniform_int_distribution<int> pick(0, 6);
        values.resize(c.heads * c.tokens * dim);
        for (double& x : values) {
            x = full_scale *
                (pick(random) == 0 ? static_cast<double>(random() & 1U) : std::clamp(normal(random), 0.0, 1.0));
        }
    };
    fill(s.q, 1.0);
    fill(s.k, kSupplyV);
    fill(s.v, kSupplyV);
    return s;
}

/// Keeps a failing input and its configuration in files; returns their path without the ending.
inline std::string keep_input(const LoopCase& c, const Config& config, const Sequences& s) {
    std::string base = (std::filesystem::temp_directory_path() / ("gca_" + c.name())).string();
    std::ofstream(base + ".toml") << print_config(config);
    const auto narrow = [](const std::vector<double>& values) {
        return std::vector<float>(values.begin(), values.end());
    };
    const std::vector<float> q = narrow(s.q);
    const std::vector<float> k = narrow(s.k);
    const std::vector<float> v = narrow(s.v);
    NpzWriter writer(base + ".npz");
    writer.add("q", q, {s.heads, s.tokens, s.dim});
    writer.add("k", k, {s.heads, s.tokens, s.dim});
    writer.add("v", v, {s.heads, s.tokens, s.dim});
    writer.finish();
    return base;
}

/// The run of a kept input.
inline std::string command_of(const LoopCase& c, const std::string& base) {
    const std::string window = c.window == 0 ? "" : fmt::format(" --window {}", c.window);
    return fmt::format("build/gca run --config {0}.toml --input {0}.npz --mode {1} --backpressure {2} --seed {3}{4}",
                       base, to_string(c.mode), to_string(c.backpressure), c.seed, window);
}

}  // namespace gca
