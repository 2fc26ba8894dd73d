// A run's input: the projections of several heads, brought into hardware range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/head.h"

namespace gca {

/// Every head is one sequence of `tokens` tokens that starts with an empty window. Values are scaled and clamped.
struct Sequences {
    std::size_t heads = 0;
    std::size_t tokens = 0;
    std::size_t dim = 0;
    std::vector<double> q;      ///< [heads][tokens][dim], 0..1
    std::vector<double> k;      ///< [heads][tokens][dim], 0..0.9 V
    std::vector<double> v;      ///< [heads][tokens][dim], 0..0.9 V
    bool has_head_axis = true;  ///< the file had [heads, tokens, dim], not [tokens, dim]
    std::uint64_t clamped = 0;  ///< values that lay outside their range

    [[nodiscard]] Token token(std::size_t head, std::size_t index) const {
        const std::size_t first = (head * tokens + index) * dim;
        return {.q = {&q[first], dim}, .k = {&k[first], dim}, .v = {&v[first], dim}};
    }
};

/// Loads `q`, `k` and `v` of an npz file, applies the scalers and clamps to hardware range.
/// Throws InputError for shapes that do not fit each other or the configuration, for NaN and infinity, and for scalers
/// that are neither one number nor one a head.
[[nodiscard]] Sequences load_sequences(const std::filesystem::path& file, const Config& config);

}  // namespace gca
