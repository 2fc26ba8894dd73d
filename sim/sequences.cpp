#include "sim/sequences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "behavioral/error.h"
#include "sim/npz.h"
#include "sim/printable.h"

namespace gca {

namespace {

struct Input {
    const char* key;
    const Scaler& scaler;
    double full_scale;
    std::vector<double>& values;
};

void check_scaler(const std::string& key, const char* part, const std::vector<double>& values, std::size_t heads) {
    if (values.size() != 1 && values.size() != heads) {
        throw InputError(
            fmt::format("scalers.{}_{} has {} numbers: must be one, or one for each of the input's {} heads", key, part,
                        values.size(), heads));
    }
}

NpzArray load_checked(NpzReader& reader, const char* key) {
    NpzArray array = reader.load(key, kMaxNpzValues, Accept::floating);
    const std::string where = fmt::format("{}: {}", printable(reader.path().string()), key);
    if (array.shape.size() != 2 && array.shape.size() != 3) {
        throw InputError(fmt::format("{} has shape ({}): must be [heads, tokens, dim] or [tokens, dim]", where,
                                     fmt::join(array.shape, ", ")));
    }
    if (const auto bad = first_non_finite(array)) {
        throw InputError(fmt::format("{}{} is NaN or infinite: must be a finite number", where, format_index(*bad)));
    }
    return array;
}

/// Scales and clamps one head's values in place; returns how many were out of range.
std::uint64_t scale(std::span<double> values, double a, double b, double full_scale) {
    std::uint64_t clamped = 0;
    for (double& x : values) {
        const double scaled = a * x + b;
        const double inside = std::clamp(scaled, 0.0, full_scale);
        clamped += inside != scaled ? 1 : 0;
        x = inside;
    }
    return clamped;
}

}  // namespace

Sequences load_sequences(const std::filesystem::path& file, const Config& config) {
    NpzReader reader(file);
    Sequences sequences;
    const std::array<Input, 3> inputs{Input{"q", config.scalers.q, 1.0, sequences.q},
                                      Input{"k", config.scalers.k, kSupplyV, sequences.k},
                                      Input{"v", config.scalers.v, kSupplyV, sequences.v}};
    std::vector<std::size_t> shape;
    for (const Input& input : inputs) {
        NpzArray array = load_checked(reader, input.key);
        if (shape.empty()) {
            shape = array.shape;
            sequences.has_head_axis = shape.size() == 3;
            sequences.heads = sequences.has_head_axis ? shape[0] : 1;
            sequences.tokens = shape[shape.size() - 2];
            sequences.dim = shape.back();
        }
        if (array.shape != shape) {
            throw InputError(fmt::format("{}: {} has shape ({}) but q has ({}): must be the same",
                                         printable(file.string()), input.key, fmt::join(array.shape, ", "),
                                         fmt::join(shape, ", ")));
        }
        if (sequences.dim != config.geometry.dim) {
            throw InputError(fmt::format("{}: {} has dimension {} a token: geometry.dim is {}",
                                         printable(file.string()), input.key, sequences.dim, config.geometry.dim));
        }
        check_scaler(input.key, "a", input.scaler.a, sequences.heads);
        check_scaler(input.key, "b", input.scaler.b, sequences.heads);
        const std::size_t head_values = sequences.tokens * sequences.dim;
        for (std::size_t head = 0; head < sequences.heads; ++head) {
            sequences.clamped += scale({array.values.data() + head * head_values, head_values}, input.scaler.gain(head),
                                       input.scaler.offset(head), input.full_scale);
        }
        input.values = std::move(array.values);
    }
    check_scaler("output", "a", config.scalers.output.a, sequences.heads);
    check_scaler("output", "b", config.scalers.output.b, sequences.heads);
    return sequences;
}

}  // namespace gca
