// The inner loops of the gain-cell arrays, compiled once for each vector extension and chosen at run time. All of them
// compute on whole numbers, or element by element in a fixed order, so that every extension gives the same bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gca::kernels {

inline constexpr std::size_t kQuad = 4;        ///< steps that one vector instruction sums
inline constexpr std::size_t kLaneBlock = 16;  ///< lanes are padded to a multiple of this
inline constexpr std::size_t kMoments = 3;     ///< orders 1, 2 and 3 of the stored level
inline constexpr std::size_t kConstantParts = 8;

/// Lookup from code (0..15) to a small non-negative number, one table a moment.
using MomentTables = std::array<std::array<std::uint8_t, 16>, kMoments>;

/// Cell codes in the order in which the dot products read them: [quads][lanes][4], lane = what sums, step = what is
/// summed over; a quad is four steps.
struct CodeView {
    const std::uint8_t* codes;
    std::size_t lanes;  ///< padded
    std::size_t quads;
};

/// out[m][lane] = sum over steps of tables[m][code] * digit[step], for lanes 0..used_lanes-1 (rounded up to a block).
/// Table entries are at most 127, so that two products with a signed byte add up within 16 bits.
void quad_dot(const CodeView& view, const MomentTables& tables, const std::int8_t* digits, std::size_t used_lanes,
              const std::array<std::int32_t*, kMoments>& out);

/// The same with digits of its own for each moment, each a 16-bit number in two signed bytes (value = low + 256 high),
/// for the first `quads` quads of all lanes. `digits`: [kMoments][2][digit_stride].
void quad_dot_wide(const CodeView& view, const MomentTables& tables, const std::int8_t* digits,
                   std::size_t digit_stride, std::size_t quads, const std::array<std::int32_t*, kMoments>& out);

/// The polynomial of a cell at whole level m in a column whose leakage has left the share `remaining` = a:
/// voltage form sum_i fresh[i] (a m)^i, product form a sum_i fresh[i] m^i.
struct CellTerms {
    std::array<double, kMoments + 1> fresh;
    bool voltage_form;
    const double* remaining;  ///< of each column
};

/// How level moments follow from table moments t_i, with sum = the sum of what weighs the levels: m1 = t1 - shift1 sum,
/// m2 = scale2 (t2 - shift2 sum) + base2 sum, m3 = scale3 (t3 - shift3 sum) + m1.
struct MomentBasis {
    std::array<double, kMoments> shift;
    double scale2, base2, scale3;
};

/// Charges of the K array's columns from table moments: s[c] = x_unit * sum_i coefficient_i(c) m_i(c), m_0 = sum_q.
struct ScoreInputs {
    std::array<const std::int32_t*, kMoments> t;
    CellTerms cell;
    MomentBasis basis;
    double sum_q;
    double x_unit;
    std::size_t columns;
};
void scores(const ScoreInputs& in, double* s);

/// phi[c] = valid[c] ? clamp(s[c] * inv_s_sat, 0, 1) : 0. Returns how many valid columns reached 1.
std::size_t relu_widths(const double* s, const std::uint8_t* valid, double inv_s_sat, std::size_t columns, double* phi);

/// remaining[c] *= factor for all c; what has decayed beyond any meaning becomes zero rather than a denormal number.
void decay(double factor, std::size_t columns, double* remaining);

/// Weights of one sub-tile's columns for the second dot product: phi times the cell's coefficients, in the basis of the
/// tables, rounded to 16-bit numbers and split into bytes.
struct WeightInputs {
    const double* phi;
    CellTerms cell;
    MomentBasis basis;
    std::array<double, kMoments> weight_scale;
    std::size_t columns;
};
/// What a sub-tile's weights leave besides their bytes: sums for the shift correction, and the part without a level.
struct WeightSums {
    std::array<std::int64_t, kMoments> sum{};
    double constant = 0.0;
};
/// `stride` is at least `columns` rounded up to kConstantParts. Bytes beyond `columns` are zero up to a multiple of
/// four.
struct WeightOutputs {
    std::size_t stride;
    std::int32_t* words;  ///< [kMoments][stride], scratch: the 16-bit weights
    double* constants;    ///< [stride], scratch
    std::int8_t* digits;  ///< [kMoments][2][stride]: value = low + 256 high
};
WeightSums weights(const WeightInputs& in, const WeightOutputs& out);

/// Signed counts from approximate charges a = constant + sum_m inv_scale[m] (t[m] - offset[m]): count of |a| gain,
/// rounded to the nearest, at most max_count. Where a lies within `error` of a rounding threshold, uncertain[e] is 1
/// and the count is not to be used.
struct CountInputs {
    std::array<const std::int32_t*, kMoments> t;
    std::array<double, kMoments> inv_scale;
    std::array<double, kMoments> offset;
    double constant;
    double gain;
    double error;
    double max_count;
    std::size_t outputs;
};
/// Returns the number of uncertain outputs.
std::size_t signed_counts(const CountInputs& in, std::int8_t* counts, std::uint8_t* uncertain);

/// Charge of one bit line, exactly: the sum over the steps, in order, of phi times the cell at the level
/// m = level_step code - level_top of each of the lane's cells.
struct LaneInputs {
    CodeView view;
    std::size_t lane;
    const double* phi;
    CellTerms cell;
    double level_step, level_top;
    std::size_t steps;
};
/// `scratch`: [steps].
double lane_charge(const LaneInputs& in, double* scratch);

/// The largest of `size` widths.
double largest(const double* widths, std::size_t size);

/// codes[i] = values[i] / full_scale * steps, rounded to the nearest whole number, half to even.
void encode(const double* values, std::size_t size, double full_scale, double steps, std::uint8_t* codes);

/// Packed bits, bit i for counts[i] < 0, and for |counts[i]| > limit. `size` is a multiple of 64.
void pack_below_zero(const std::int8_t* counts, std::size_t size, std::uint64_t* bits);
void pack_magnitude_above(const std::int8_t* counts, std::size_t size, std::int8_t limit, std::uint64_t* bits);

/// Name of the vector extension in use.
std::string target_name();
/// Names of all extensions that this machine can run; `force_target` makes the calls that follow use one of them, and
/// with an empty name the best. For tests and benchmarks; not to be called while kernels run.
std::vector<std::string> target_names();
void force_target(const std::string& name);

}  // namespace gca::kernels
