#include "sim/compare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "sim/npz.h"
#include "sim/printable.h"

namespace gca {

namespace {

std::vector<std::size_t> unravel(std::size_t flat, const std::vector<std::size_t>& shape) {
    std::vector<std::size_t> index(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        index[axis] = flat % shape[axis];
        flat /= shape[axis];
    }
    return index;
}

bool same(double x, double y) {
    return x == y || (std::isnan(x) && std::isnan(y));
}

void compare_arrays(const std::string& key, const NpzArray& a, const NpzArray& b, Comparison& result) {
    if (a.shape != b.shape) {
        result.equal = false;
        result.text +=
            fmt::format("{}: shapes differ: ({}) and ({})\n", key, fmt::join(a.shape, ", "), fmt::join(b.shape, ", "));
        return;
    }
    std::size_t differing = 0;
    std::size_t first = 0;
    std::size_t worst = 0;
    double largest = 0.0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
        if (same(a.values[i], b.values[i])) {
            continue;
        }
        first = differing++ == 0 ? i : first;
        const double difference = std::fabs(a.values[i] - b.values[i]);
        if (!std::isnan(largest) && !(difference <= largest)) {  // NaN is the largest
            largest = difference;
            worst = i;
        }
    }
    if (differing == 0) {
        result.text += fmt::format("{}: equal, {} values\n", key, a.values.size());
        return;
    }
    result.equal = false;
    result.text += fmt::format("{}: {} of {} values differ\n", key, differing, a.values.size());
    result.text += fmt::format("  first   {}{}: {} and {}\n", key, format_index(unravel(first, a.shape)),
                               a.values[first], b.values[first]);
    result.text += fmt::format("  largest {}{}: {} and {}, by {:.6g}\n", key, format_index(unravel(worst, a.shape)),
                               a.values[worst], b.values[worst], largest);
}

}  // namespace

Comparison compare_files(const std::filesystem::path& a, const std::filesystem::path& b) {
    NpzReader reader_a(a);
    NpzReader reader_b(b);
    Comparison result;
    std::set<std::string> keys(reader_a.keys().begin(), reader_a.keys().end());
    keys.insert(reader_b.keys().begin(), reader_b.keys().end());
    for (const std::string& key : keys) {
        const bool in_a = reader_a.contains(key);
        const bool in_b = reader_b.contains(key);
        if (in_a && in_b) {
            compare_arrays(key, reader_a.load(key), reader_b.load(key), result);
        } else {
            result.equal = false;
            result.text += fmt::format("{}: only in {}\n", printable(key), printable((in_a ? a : b).string()));
        }
    }
    if (keys.empty()) {
        result.text += "neither file holds an array\n";
    }
    return result;
}

}  // namespace gca
