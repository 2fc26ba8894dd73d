#include "behavioral/kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "behavioral/kernels.cpp"
#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1
#endif
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gca::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A better target has a lower number; the byte products that the vector code is made of came with SSSE3.
#undef GCA_PORTABLE_QUADS
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
#define GCA_PORTABLE_QUADS 0
#else
#define GCA_PORTABLE_QUADS 1
#endif

#if GCA_PORTABLE_QUADS

// One accumulator lane at a time: the meaning of the vector code below.
void accumulate(const std::uint8_t* codes, const std::uint8_t* table, const std::int8_t* digit, std::int32_t* out) {
    for (std::size_t lane = 0; lane < kLaneBlock; ++lane) {
        for (std::size_t i = 0; i < kQuad; ++i) {
            out[lane] += table[codes[lane * kQuad + i]] * digit[i];
        }
    }
}

void QuadDot(const CodeView& view, const MomentTables& tables, const std::int8_t* digits, std::size_t used_lanes,
             const std::array<std::int32_t*, kMoments>& out) {
    for (std::size_t lane = 0; lane < used_lanes; lane += kLaneBlock) {
        for (std::size_t m = 0; m < kMoments; ++m) {
            std::fill_n(out[m] + lane, kLaneBlock, 0);
            for (std::size_t quad = 0; quad < view.quads; ++quad) {
                accumulate(view.codes + (quad * view.lanes + lane) * kQuad, tables[m].data(), digits + quad * kQuad,
                           out[m] + lane);
            }
        }
    }
}

void QuadDotWide(const CodeView& view, const MomentTables& tables, const std::int8_t* digits, std::size_t digit_stride,
                 std::size_t quads, const std::array<std::int32_t*, kMoments>& out) {
    for (std::size_t lane = 0; lane < view.lanes; lane += kLaneBlock) {
        for (std::size_t m = 0; m < kMoments; ++m) {
            std::array<std::int32_t, kLaneBlock> low{};
            std::array<std::int32_t, kLaneBlock> high{};
            for (std::size_t quad = 0; quad < quads; ++quad) {
                const std::uint8_t* codes = view.codes + (quad * view.lanes + lane) * kQuad;
                accumulate(codes, tables[m].data(), digits + (2 * m) * digit_stride + quad * kQuad, low.data());
                accumulate(codes, tables[m].data(), digits + (2 * m + 1) * digit_stride + quad * kQuad, high.data());
            }
            for (std::size_t i = 0; i < kLaneBlock; ++i) {
                out[m][lane + i] = low[i] + 256 * high[i];
            }
        }
    }
}

#else

// Vectors of at most 64 bytes: a lane block is 16 accumulators.
using Bytes = hn::CappedTag<std::uint8_t, kLaneBlock * kQuad>;
using Words = hn::Repartition<std::int32_t, Bytes>;
using BytesV = hn::Vec<Bytes>;
using WordsV = hn::Vec<Words>;

HWY_INLINE WordsV broadcast(const std::int8_t* digit) {
    std::int32_t word = 0;
    std::memcpy(&word, digit, sizeof word);
    return hn::Set(Words(), word);
}

// acc[lane] += sum over the lane's four bytes of value (unsigned, at most 127) * digit (signed).
HWY_INLINE WordsV accumulate(WordsV acc, BytesV value, WordsV digit) {
#if HWY_TARGET <= HWY_AVX3_DL
    // As an instruction, not an intrinsic: Highway 1.0.3 finds out at run time that the processor has AVX512-VNNI, but
    // does not tell the compiler.
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc.raw) : "v"(value.raw), "v"(digit.raw));
    return acc;
#else
    const hn::Repartition<std::int16_t, Words> halves;
#if HWY_TARGET <= HWY_AVX3
    const hn::Vec<decltype(halves)> pairs{_mm512_maddubs_epi16(value.raw, digit.raw)};
    return hn::Add(acc, WordsV{_mm512_madd_epi16(pairs.raw, hn::Set(halves, 1).raw)});
#elif HWY_TARGET <= HWY_AVX2
    const hn::Vec<decltype(halves)> pairs{_mm256_maddubs_epi16(value.raw, digit.raw)};
    return hn::Add(acc, WordsV{_mm256_madd_epi16(pairs.raw, hn::Set(halves, 1).raw)});
#else
    const hn::Vec<decltype(halves)> pairs{_mm_maddubs_epi16(value.raw, digit.raw)};
    return hn::Add(acc, WordsV{_mm_madd_epi16(pairs.raw, hn::Set(halves, 1).raw)});
#endif
#endif
}

HWY_INLINE std::array<BytesV, kMoments> load_tables(const MomentTables& tables) {
    return {hn::LoadDup128(Bytes(), tables[0].data()), hn::LoadDup128(Bytes(), tables[1].data()),
            hn::LoadDup128(Bytes(), tables[2].data())};
}

void QuadDot(const CodeView& view, const MomentTables& tables, const std::int8_t* digits, std::size_t used_lanes,
             const std::array<std::int32_t*, kMoments>& out) {
    const std::array<BytesV, kMoments> table = load_tables(tables);
    const std::size_t step = hn::Lanes(Words());
    for (std::size_t lane = 0; lane < used_lanes; lane += step) {
        WordsV a0 = hn::Zero(Words());
        WordsV a1 = hn::Zero(Words());
        WordsV a2 = hn::Zero(Words());
        for (std::size_t quad = 0; quad < view.quads; ++quad) {
            const BytesV code = hn::LoadU(Bytes(), view.codes + (quad * view.lanes + lane) * kQuad);
            const WordsV digit = broadcast(digits + quad * kQuad);
            a0 = accumulate(a0, hn::TableLookupBytes(table[0], code), digit);
            a1 = accumulate(a1, hn::TableLookupBytes(table[1], code), digit);
            a2 = accumulate(a2, hn::TableLookupBytes(table[2], code), digit);
        }
        hn::StoreU(a0, Words(), out[0] + lane);
        hn::StoreU(a1, Words(), out[1] + lane);
        hn::StoreU(a2, Words(), out[2] + lane);
    }
}

void QuadDotWide(const CodeView& view, const MomentTables& tables, const std::int8_t* digits, std::size_t digit_stride,
                 std::size_t quads, const std::array<std::int32_t*, kMoments>& out) {
    const std::array<BytesV, kMoments> table = load_tables(tables);
    const std::size_t step = hn::Lanes(Words());
    for (std::size_t lane = 0; lane < view.lanes; lane += step) {
        WordsV low0 = hn::Zero(Words());
        WordsV low1 = hn::Zero(Words());
        WordsV low2 = hn::Zero(Words());
        WordsV high0 = hn::Zero(Words());
        WordsV high1 = hn::Zero(Words());
        WordsV high2 = hn::Zero(Words());
        for (std::size_t quad = 0; quad < quads; ++quad) {
            const std::int8_t* digit = digits + quad * kQuad;
            const BytesV code = hn::LoadU(Bytes(), view.codes + (quad * view.lanes + lane) * kQuad);
            const BytesV value0 = hn::TableLookupBytes(table[0], code);
            const BytesV value1 = hn::TableLookupBytes(table[1], code);
            const BytesV value2 = hn::TableLookupBytes(table[2], code);
            low0 = accumulate(low0, value0, broadcast(digit));
            high0 = accumulate(high0, value0, broadcast(digit + digit_stride));
            low1 = accumulate(low1, value1, broadcast(digit + 2 * digit_stride));
            high1 = accumulate(high1, value1, broadcast(digit + 3 * digit_stride));
            low2 = accumulate(low2, value2, broadcast(digit + 4 * digit_stride));
            high2 = accumulate(high2, value2, broadcast(digit + 5 * digit_stride));
        }
        hn::StoreU(hn::Add(low0, hn::ShiftLeft<8>(high0)), Words(), out[0] + lane);
        hn::StoreU(hn::Add(low1, hn::ShiftLeft<8>(high1)), Words(), out[1] + lane);
        hn::StoreU(hn::Add(low2, hn::ShiftLeft<8>(high2)), Words(), out[2] + lane);
    }
}

#endif  // GCA_PORTABLE_QUADS

// The loops below are plain C++ that the compiler vectorises for each target; without fused multiply-add
// (-ffp-contract=off) every target gives the same bits.

// Coefficient of order I that the leakage has left.
template <int I, bool kVoltage>
HWY_INLINE double left(double fresh, double a) {
    if constexpr (!kVoltage || I == 1) {
        return fresh * a;
    } else if constexpr (I == 0) {
        return fresh;
    } else if constexpr (I == 2) {
        return fresh * (a * a);
    } else {
        return fresh * (a * a * a);
    }
}

template <bool kVoltage>
HWY_INLINE void scores_of_form(const ScoreInputs& in, double* HWY_RESTRICT s) {
    const std::int32_t* HWY_RESTRICT t1 = in.t[0];
    const std::int32_t* HWY_RESTRICT t2 = in.t[1];
    const std::int32_t* HWY_RESTRICT t3 = in.t[2];
    const double* HWY_RESTRICT remaining = in.cell.remaining;
    const auto [f0, f1, f2, f3] = in.cell.fresh;
    const double q = in.sum_q;
    const double shift1 = in.basis.shift[0] * q;
    const double shift2 = in.basis.shift[1] * q;
    const double shift3 = in.basis.shift[2] * q;
    const double base2 = in.basis.base2 * q;
    const double scale2 = in.basis.scale2;
    const double scale3 = in.basis.scale3;
    const double x_unit = in.x_unit;
    const std::size_t columns = in.columns;
    for (std::size_t c = 0; c < columns; ++c) {
        const double a = remaining[c];
        const double m1 = t1[c] - shift1;
        const double m2 = scale2 * (t2[c] - shift2) + base2;
        const double m3 = scale3 * (t3[c] - shift3) + m1;
        s[c] = (((left<0, kVoltage>(f0, a) * q + left<1, kVoltage>(f1, a) * m1) + left<2, kVoltage>(f2, a) * m2) +
                left<3, kVoltage>(f3, a) * m3) *
               x_unit;
    }
}

void Scores(const ScoreInputs& in, double* s) {
    in.cell.voltage_form ? scores_of_form<true>(in, s) : scores_of_form<false>(in, s);
}

std::size_t ReluWidths(const double* HWY_RESTRICT s, const std::uint8_t* HWY_RESTRICT valid, double inv_s_sat,
                       std::size_t columns, double* HWY_RESTRICT phi) {
    std::int64_t saturated = 0;
    for (std::size_t c = 0; c < columns; ++c) {
        const double width = valid[c] != 0 ? s[c] * inv_s_sat : 0.0;
        const double positive = width > 0.0 ? width : 0.0;
        phi[c] = positive < 1.0 ? positive : 1.0;
        saturated += positive < 1.0 ? 0 : 1;
    }
    return static_cast<std::size_t>(saturated);
}

void Decay(double factor, std::size_t columns, double* HWY_RESTRICT remaining) {
    constexpr double kNothing = 1e-90;  // its third power is still a normal number
    for (std::size_t c = 0; c < columns; ++c) {
        const double next = remaining[c] * factor;
        remaining[c] = next > kNothing ? next : 0.0;
    }
}

template <bool kVoltage>
HWY_INLINE void words_of_form(const WeightInputs& in, const WeightOutputs& out) {
    const double* HWY_RESTRICT phi = in.phi;
    const double* HWY_RESTRICT remaining = in.cell.remaining;
    std::int32_t* HWY_RESTRICT word1 = out.words;
    std::int32_t* HWY_RESTRICT word2 = out.words + out.stride;
    std::int32_t* HWY_RESTRICT word3 = out.words + 2 * out.stride;
    double* HWY_RESTRICT constant = out.constants;
    const auto [f0, f1, f2, f3] = in.cell.fresh;
    const double k1 = in.weight_scale[0];
    const double k2 = in.basis.scale2 * in.weight_scale[1];
    const double k3 = in.basis.scale3 * in.weight_scale[2];
    const double base2 = in.basis.base2;
    const std::size_t columns = in.columns;
    for (std::size_t c = 0; c < columns; ++c) {
        const double x = phi[c];
        const double a = remaining[c];
        const double d1 = left<1, kVoltage>(f1, a);
        const double d2 = left<2, kVoltage>(f2, a);
        const double d3 = left<3, kVoltage>(f3, a);
        word1[c] = static_cast<std::int32_t>(std::rint(x * (d1 + d3) * k1));
        word2[c] = static_cast<std::int32_t>(std::rint(x * d2 * k2));
        word3[c] = static_cast<std::int32_t>(std::rint(x * d3 * k3));
        constant[c] = x * (left<0, kVoltage>(f0, a) + base2 * d2);
    }
}

WeightSums Weights(const WeightInputs& in, const WeightOutputs& out) {
    in.cell.voltage_form ? words_of_form<true>(in, out) : words_of_form<false>(in, out);
    const std::size_t columns = in.columns;
    const std::size_t stride = out.stride;
    double* HWY_RESTRICT constant = out.constants;
    for (std::size_t c = columns; c % kConstantParts != 0; ++c) {
        constant[c] = 0.0;
    }
    for (std::size_t m = 0; m < kMoments; ++m) {
        const std::int32_t* HWY_RESTRICT word = out.words + m * stride;
        std::int8_t* HWY_RESTRICT low = out.digits + 2 * m * stride;
        std::int8_t* HWY_RESTRICT high = low + stride;
        for (std::size_t c = 0; c < columns; ++c) {
            const std::int32_t upper = (word[c] + 128) >> 8;
            high[c] = static_cast<std::int8_t>(upper);
            low[c] = static_cast<std::int8_t>(word[c] - upper * 256);
        }
        for (std::size_t c = columns; c % kQuad != 0; ++c) {
            high[c] = low[c] = 0;
        }
    }

    WeightSums sums;
    for (std::size_t m = 0; m < kMoments; ++m) {
        const std::int32_t* HWY_RESTRICT word = out.words + m * stride;
        std::int32_t sum = 0;
        for (std::size_t c = 0; c < columns; ++c) {
            sum += word[c];
        }
        sums.sum[m] = sum;
    }
    // A fixed number of partial sums, so that the order of the additions does not depend on the vector width.
    std::array<double, kConstantParts> part{};
    for (std::size_t c = 0; c < columns; c += kConstantParts) {
        for (std::size_t i = 0; i < kConstantParts; ++i) {
            part[i] += constant[c + i];
        }
    }
    for (const double p : part) {
        sums.constant += p;
    }
    return sums;
}

std::size_t SignedCounts(const CountInputs& in, std::int8_t* HWY_RESTRICT counts,
                         std::uint8_t* HWY_RESTRICT uncertain) {
    const std::int32_t* HWY_RESTRICT t1 = in.t[0];
    const std::int32_t* HWY_RESTRICT t2 = in.t[1];
    const std::int32_t* HWY_RESTRICT t3 = in.t[2];
    const double k1 = in.inv_scale[0] * in.gain;
    const double k2 = in.inv_scale[1] * in.gain;
    const double k3 = in.inv_scale[2] * in.gain;
    const double constant = in.constant * in.gain - (k1 * in.offset[0] + k2 * in.offset[1] + k3 * in.offset[2]);
    const double below = 0.5 - in.error * in.gain;
    const double above = 0.5 + in.error * in.gain;
    const double max_count = in.max_count;
    std::int32_t total = 0;
    for (std::size_t e = 0; e < in.outputs; ++e) {
        const double a = constant + k1 * t1[e] + k2 * t2[e] + k3 * t3[e];
        const double magnitude = std::fabs(a);
        const double floor_low = std::floor(magnitude + below);
        const double low = floor_low > 0.0 ? floor_low : 0.0;  // a wide error reaches below zero
        const double high = std::floor(magnitude + above);
        const double low_count = low < max_count ? low : max_count;
        const double high_count = high < max_count ? high : max_count;
        const std::int32_t unsure = low_count != high_count ? 1 : 0;
        counts[e] = static_cast<std::int8_t>(static_cast<std::int32_t>(a < 0.0 ? -low_count : low_count));
        uncertain[e] = static_cast<std::uint8_t>(unsure);
        total += unsure;
    }
    return static_cast<std::size_t>(total);
}

double LaneCharge(const LaneInputs& in, double* HWY_RESTRICT term) {
    const std::uint8_t* codes = in.view.codes + in.lane * kQuad;
    for (std::size_t c = 0; c < in.steps; ++c) {
        const std::size_t quad = c / kQuad;
        term[c] = codes[quad * in.view.lanes * kQuad + c % kQuad];
    }
    const double* HWY_RESTRICT phi = in.phi;
    const double* HWY_RESTRICT remaining = in.cell.remaining;
    const auto [f0, f1, f2, f3] = in.cell.fresh;
    const double level_step = in.level_step;
    const double level_top = in.level_top;
    if (in.cell.voltage_form) {
        for (std::size_t c = 0; c < in.steps; ++c) {
            const double m = remaining[c] * (level_step * term[c] - level_top);
            term[c] = phi[c] * (((f3 * m + f2) * m + f1) * m + f0);
        }
    } else {
        for (std::size_t c = 0; c < in.steps; ++c) {
            const double m = level_step * term[c] - level_top;
            term[c] = phi[c] * (remaining[c] * (((f3 * m + f2) * m + f1) * m + f0));
        }
    }
    double sum = 0.0;
    for (std::size_t c = 0; c < in.steps; ++c) {
        sum += term[c];
    }
    return sum;
}

void Encode(const double* HWY_RESTRICT values, std::size_t size, double full_scale, double steps,
            std::uint8_t* HWY_RESTRICT codes) {
    for (std::size_t i = 0; i < size; ++i) {
        codes[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(std::rint(values[i] / full_scale * steps)));
    }
}

double Largest(const double* HWY_RESTRICT widths, std::size_t size) {
    std::array<double, 8> most{};
    std::size_t i = 0;
    for (; i + most.size() <= size; i += most.size()) {
        for (std::size_t j = 0; j < most.size(); ++j) {
            most[j] = widths[i + j] > most[j] ? widths[i + j] : most[j];
        }
    }
    for (; i < size; ++i) {
        most[0] = widths[i] > most[0] ? widths[i] : most[0];
    }
    return *std::max_element(most.begin(), most.end());
}

// One bit an element: the vector's mask bits, or a loop where vectors have no bytes' worth of lanes.
template <typename Predicate>
void pack(const std::int8_t* counts, std::size_t size, std::uint64_t* bits, Predicate predicate) {
    const hn::CappedTag<std::int8_t, 64> lanes;
    const std::size_t step = hn::Lanes(lanes);
    for (std::size_t i = 0; i < size; i += step) {
        std::array<std::uint8_t, 8> mask{};
        hn::StoreMaskBits(lanes, predicate(lanes, hn::LoadU(lanes, counts + i)), mask.data());
        if (step >= 8) {
            std::memcpy(std::as_writable_bytes(std::span(bits, size / 64)).subspan(i / 8).data(), mask.data(),
                        step / 8);
        } else {
            bits[i / 64] = (i % 64 == 0 ? 0 : bits[i / 64]) | std::uint64_t{mask[0]} << (i % 64);
        }
    }
}

void PackBelowZero(const std::int8_t* counts, std::size_t size, std::uint64_t* bits) {
    pack(counts, size, bits, [](auto lanes, auto count) { return hn::Lt(count, hn::Zero(lanes)); });
}

void PackMagnitudeAbove(const std::int8_t* counts, std::size_t size, std::int8_t limit, std::uint64_t* bits) {
    pack(counts, size, bits, [limit](auto lanes, auto count) { return hn::Gt(hn::Abs(count), hn::Set(lanes, limit)); });
}

}  // namespace gca::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace gca::kernels {

HWY_EXPORT(QuadDot);
HWY_EXPORT(QuadDotWide);
HWY_EXPORT(Scores);
HWY_EXPORT(ReluWidths);
HWY_EXPORT(Decay);
HWY_EXPORT(Weights);
HWY_EXPORT(SignedCounts);
HWY_EXPORT(LaneCharge);
HWY_EXPORT(Largest);
HWY_EXPORT(Encode);
HWY_EXPORT(PackBelowZero);
HWY_EXPORT(PackMagnitudeAbove);

void quad_dot(const CodeView& view, const MomentTables& tables, const std::int8_t* digits, std::size_t used_lanes,
              const std::array<std::int32_t*, kMoments>& out) {
    HWY_DYNAMIC_DISPATCH(QuadDot)(view, tables, digits, used_lanes, out);
}

void quad_dot_wide(const CodeView& view, const MomentTables& tables, const std::int8_t* digits,
                   std::size_t digit_stride, std::size_t quads, const std::array<std::int32_t*, kMoments>& out) {
    HWY_DYNAMIC_DISPATCH(QuadDotWide)(view, tables, digits, digit_stride, quads, out);
}

void scores(const ScoreInputs& in, double* s) {
    HWY_DYNAMIC_DISPATCH(Scores)(in, s);
}

std::size_t relu_widths(const double* s, const std::uint8_t* valid, double inv_s_sat, std::size_t columns,
                        double* phi) {
    return HWY_DYNAMIC_DISPATCH(ReluWidths)(s, valid, inv_s_sat, columns, phi);
}

void decay(double factor, std::size_t columns, double* remaining) {
    HWY_DYNAMIC_DISPATCH(Decay)(factor, columns, remaining);
}

WeightSums weights(const WeightInputs& in, const WeightOutputs& out) {
    return HWY_DYNAMIC_DISPATCH(Weights)(in, out);
}

std::size_t signed_counts(const CountInputs& in, std::int8_t* counts, std::uint8_t* uncertain) {
    return HWY_DYNAMIC_DISPATCH(SignedCounts)(in, counts, uncertain);
}

double lane_charge(const LaneInputs& in, double* scratch) {
    return HWY_DYNAMIC_DISPATCH(LaneCharge)(in, scratch);
}

double largest(const double* widths, std::size_t size) {
    return HWY_DYNAMIC_DISPATCH(Largest)(widths, size);
}

void encode(const double* values, std::size_t size, double full_scale, double steps, std::uint8_t* codes) {
    HWY_DYNAMIC_DISPATCH(Encode)(values, size, full_scale, steps, codes);
}

void pack_below_zero(const std::int8_t* counts, std::size_t size, std::uint64_t* bits) {
    HWY_DYNAMIC_DISPATCH(PackBelowZero)(counts, size, bits);
}

void pack_magnitude_above(const std::int8_t* counts, std::size_t size, std::int8_t limit, std::uint64_t* bits) {
    HWY_DYNAMIC_DISPATCH(PackMagnitudeAbove)(counts, size, limit, bits);
}

namespace {

std::vector<std::int64_t> supported_targets() {
    hwy::SetSupportedTargetsForTest(0);
    std::vector<std::int64_t> targets;
    for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
        targets.push_back(rest & -rest);
    }
    return targets;
}

}  // namespace

std::string target_name() {
    const std::int64_t all = hwy::SupportedTargets() & HWY_TARGETS;
    return hwy::TargetName(all & -all);  // the lowest bit is the best target
}

std::vector<std::string> target_names() {
    std::vector<std::string> names;
    for (const std::int64_t target : supported_targets()) {
        names.emplace_back(hwy::TargetName(target));
    }
    return names;
}

void force_target(const std::string& name) {
    for (const std::int64_t target : supported_targets()) {
        if (name == hwy::TargetName(target)) {
            hwy::SetSupportedTargetsForTest(target);
        }
    }
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace gca::kernels

#endif  // HWY_ONCE
