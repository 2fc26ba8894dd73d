// The two arrays against the specification's section 3, evaluated naively in long double from the stored voltages and
// the ages of the columns; and the V array's short way to the counts against its charges, above all where these lie on
// or beside a rounding threshold.
#include "behavioral/gain_cell_array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "behavioral/cell.h"
#include "behavioral/charge_to_pulse.h"
#include "behavioral/codec.h"
#include "behavioral/config.h"
#include "behavioral/kernels.h"
#include "behavioral/time_base.h"

namespace gca {
namespace {

using Random = std::mt19937_64;

double uniform(Random& random, double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
}

std::size_t whole(Random& random, std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random);
}

bool one_in(Random& random, unsigned n) {
    return whole(random, 1, n) == 1;
}

std::string describe(std::uint64_t seed, const Config& config) {
    std::ostringstream out;
    out.precision(17);
    out << "seed " << seed << ": dim " << config.geometry.dim << ", tile_tokens " << config.geometry.tile_tokens
        << ", tiles " << config.geometry.tiles << ", query_levels " << config.quantization.query_levels
        << ", store_levels " << config.quantization.store_levels << ", output_levels "
        << config.quantization.output_levels << ", cell " << static_cast<int>(config.cell.model) << " {";
    for (const double coefficient : config.cell.coefficients) {
        out << ' ' << coefficient;
    }
    out << " }, leakage " << static_cast<int>(config.leakage.form) << " x " << config.leakage.decay_per_token;
    return out.str();
}

// --- The specification, naively --------------------------------------------------------------------------------------

std::vector<long double> paper_coefficients(const Cell& cell) {
    switch (cell.model) {
        case CellModel::cubic:
            return {0.52136361, 13.61226063, -2.62044562, 46.05483778};
        case CellModel::linear:
            return {0.0, 19.3};
        case CellModel::polynomial:
            break;
    }
    return {cell.coefficients.begin(), cell.coefficients.end()};
}

/// A sum, and what rounding in double precision may do to it.
struct Sum {
    long double value = 0.0L;
    long double error = 1e-80L;  // what has decayed below this is nothing

    [[nodiscard]] double tolerance() const { return static_cast<double>(error); }
};

/// Stored voltages and ages of an array's columns.
class NaiveArray {
 public:
    explicit NaiveArray(const Config& config)
        : leakage_(config.leakage),
          coefficients_(paper_coefficients(config.cell)),
          levels_(config.quantization.store_levels),
          u_(config.geometry.capacity()),
          age_(config.geometry.capacity(), 0) {}

    void write(std::size_t column, std::span<const std::uint8_t> codes) {
        u_[column].clear();
        for (const std::uint8_t code : codes) {
            u_[column].push_back(code * 0.9L / (levels_ - 1) - 0.45L);
        }
        age_[column] = 0;
    }
    void write_volts(std::size_t column, std::span<const double> volts) {
        u_[column].clear();
        for (const double v : volts) {
            u_[column].push_back(v - 0.45L);
        }
        age_[column] = 0;
    }
    void age() {
        for (unsigned& age : age_) {
            ++age;
        }
    }
    [[nodiscard]] bool written(std::size_t column) const { return !u_[column].empty(); }

    /// Adds the charge of the column's cell number `cell` for a pulse of width x.
    void add_cell(Sum& sum, std::size_t column, std::size_t cell, long double x) const {
        const long double a = std::exp(-static_cast<long double>(age_[column]) * leakage_.decay_per_token);
        const long double left_of_u = leakage_.form == LeakageForm::voltage ? a : 1.0L;
        const long double left_of_charge = leakage_.form == LeakageForm::product ? a : 1.0L;
        // A voltage is off by a rounding of 0.45, a decay by one of each of its factors.
        const long double u = left_of_u * u_[column][cell];
        const long double u_error = left_of_u * 3e-16L;
        const long double relative_error =
            1e-14L + 3e-16L * age_[column] * static_cast<long double>(coefficients_.size());
        for (std::size_t i = 0; i < coefficients_.size(); ++i) {
            const auto order = static_cast<long double>(i);
            const long double factor = left_of_charge * x * coefficients_[i];
            const long double term = factor * std::pow(u, order);
            sum.value += term;
            sum.error += relative_error * std::fabs(term);
            if (i > 0) {
                sum.error += std::fabs(factor) * order * std::pow(std::fabs(u), order - 1.0L) * u_error;
            }
        }
    }

 private:
    Leakage leakage_;
    std::vector<long double> coefficients_;
    unsigned levels_;
    std::vector<std::vector<long double>> u_;  // [columns][cells]
    std::vector<unsigned> age_;
};

// --- Random arrays ---------------------------------------------------------------------------------------------------

constexpr unsigned kOldAge = 400;
/// A coefficient that is not zero but changes no charge.
constexpr double kNextToNothing = 1e-150;

Config random_config(Random& random) {
    Config config;
    config.geometry = {.dim = whole(random, 1, 37), .tile_tokens = whole(random, 1, 37), .tiles = whole(random, 1, 4)};
    config.quantization.query_levels = static_cast<unsigned>(one_in(random, 6) ? 0 : whole(random, 2, 32));
    config.quantization.store_levels = static_cast<unsigned>(one_in(random, 6)   ? 0
                                                             : one_in(random, 6) ? whole(random, 17, 128)
                                                                                 : whole(random, 2, 16));
    if (one_in(random, 8)) {
        config.quantization.query_levels = one_in(random, 2) ? 128 : 200;
    }
    config.quantization.output_levels = static_cast<unsigned>(one_in(random, 2) ? 16 : whole(random, 2, 128));
    switch (whole(random, 0, 2)) {
        case 0:
            config.cell.model = CellModel::cubic;
            break;
        case 1:
            config.cell.model = CellModel::linear;
            break;
        default:
            config.cell.model = CellModel::polynomial;
            config.cell.coefficients.resize(whole(random, 1, one_in(random, 3) ? 7 : 4));
            for (double& coefficient : config.cell.coefficients) {
                // The short way wants all of them: one that adds nothing keeps it open.
                coefficient =
                    one_in(random, 4) ? (one_in(random, 2) ? 0.0 : kNextToNothing) : uniform(random, -40.0, 40.0);
            }
            break;
    }
    config.leakage.form =
        std::array{LeakageForm::off, LeakageForm::voltage, LeakageForm::product}.at(whole(random, 0, 2));
    config.leakage.decay_per_token = std::array{0.0, 1.56e-4, 0.01, 0.3, 50.0}.at(whole(random, 0, 4));
    return config;
}

TimeBase time_of(const Config& config) {
    return {.query_cycles = std::max(config.quantization.query_levels, 2U) - 1,
            .emit_cycles = config.quantization.output_levels - 1};
}

std::vector<std::uint8_t> random_codes(Random& random, std::size_t size, unsigned levels) {
    std::vector<std::uint8_t> codes(size);
    for (std::uint8_t& code : codes) {
        code = static_cast<std::uint8_t>(whole(random, 0, levels - 1));
    }
    return codes;
}

std::vector<double> random_volts(Random& random, std::size_t size) {
    std::vector<double> volts(size);
    for (double& v : volts) {
        v = one_in(random, 10) ? 0.9 : uniform(random, 0.0, 0.9);
    }
    return volts;
}

/// Writes random contents to one column of both.
template <typename Array>
void write_random(Random& random, const Config& config, std::size_t column, Array& array, NaiveArray& naive) {
    if (config.quantization.store_levels == 0) {
        const std::vector<double> volts = random_volts(random, config.geometry.dim);
        array.write_volts(column, volts);
        naive.write_volts(column, volts);
    } else {
        const auto codes = random_codes(random, config.geometry.dim, config.quantization.store_levels);
        array.write(column, codes);
        naive.write(column, codes);
    }
}

/// One step in the life of an array: a column is discharged, perhaps written, and time goes by, sometimes a lot.
template <typename Array>
void live(Random& random, const Config& config, Array& array, NaiveArray& naive) {
    const std::size_t column = whole(random, 0, config.geometry.capacity() - 1);
    if (one_in(random, 8)) {
        array.discharge(column);
        naive.write_volts(column, std::vector<double>(config.geometry.dim, 0.0));
    } else {
        write_random(random, config, column, array, naive);
    }
    for (std::size_t tokens = one_in(random, 15) ? kOldAge : whole(random, 0, 3); tokens > 0; --tokens) {
        array.age();
        naive.age();
    }
}

/// Widths of the first `used` columns as S3 could give them: none for a column that was never written.
std::vector<double> random_widths(Random& random, const NaiveArray& naive, std::size_t used) {
    std::vector<double> widths(used, 0.0);
    const std::size_t kind = whole(random, 0, 6);
    const std::size_t single = whole(random, 0, used - 1);
    const double scale = kind == 4 ? std::exp(uniform(random, -744.0, 0.0)) : 1.0;
    for (std::size_t c = 0; c < used; ++c) {
        const bool on = naive.written(c) && kind != 0 && (kind != 1 || c == single);
        const double width = kind == 2           ? 1.0
                             : kind == 3         ? static_cast<double>(whole(random, 0, 16)) / 16.0
                             : one_in(random, 3) ? 0.0
                                                 : uniform(random, 0.0, 1.0);
        widths[c] = on ? scale * width : 0.0;
    }
    return widths;
}

// --- K array ---------------------------------------------------------------------------------------------------------

TEST(Cell, TheCubicIsThePapersTableAtTheSupplyVoltage) {
    const std::array<std::vector<double>, 4> table = {{{0.17393044, 0.15653739, 0.14088365, 0.12679529},
                                                       {5.51975209, 4.96777688, 4.47099920},
                                                       {-1.44776001, -1.30298401},
                                                       {46.05483778}}};
    const std::vector<double> cubic = cell_coefficients({});
    ASSERT_EQ(cubic.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        double sum = 0.0;
        for (std::size_t j = 0; j < table.at(i).size(); ++j) {
            sum += table.at(i)[j] * std::pow(0.9, static_cast<double>(j));
        }
        EXPECT_NEAR(cubic[i], sum, 0.5001e-8) << "order " << i;
    }
}

TEST(Cell, TheLinearOneIsNineteenPointThreeTimesTheVoltage) {
    EXPECT_EQ(cell_coefficients({.model = CellModel::linear, .coefficients = {9.0}}), (std::vector<double>{0.0, 19.3}));
}

TEST(Cell, ThePolynomialHasTheCoefficientsGiven) {
    const std::vector<double> given{1.0, -2.0, 3.0, 4.0, 5.0};
    EXPECT_EQ(cell_coefficients({.model = CellModel::polynomial, .coefficients = given}), given);
}

TEST(KeyArray, OneCubicCellWorkedByHand) {
    // u = 0.45: 0.52136361 + 13.61226063*0.45 - 2.62044562*0.2025 + 46.05483778*0.091125 = 10.3129877481525
    Config config;
    config.geometry = {.dim = 1, .tile_tokens = 1, .tiles = 1};
    KeyArray keys(config);
    const std::uint8_t top = 7;
    keys.write(0, {&top, 1});
    double charge = 0.0;
    for (unsigned cycles = 0; cycles <= 15; ++cycles) {
        const auto query = static_cast<std::uint8_t>(cycles);
        keys.read({&query, 1}, TimeBase{}, {&charge, 1});
        EXPECT_NEAR(charge, 10.3129877481525 * cycles / 15.0, 1e-13) << cycles << " cycles";
    }
}

/// Reads a random number of columns and compares those that were written. Returns their number.
std::size_t compare_keys(Random& random, const Config& config, KeyArray& keys, const NaiveArray& naive) {
    const std::size_t dim = config.geometry.dim;
    const std::size_t used = whole(random, 1, config.geometry.capacity());
    std::vector<double> charge(used, 1e30);
    std::vector<long double> x(dim);
    if (config.quantization.query_levels == 0) {
        std::vector<double> widths(dim);
        for (double& width : widths) {
            width = one_in(random, 5) ? 1.0 : uniform(random, 0.0, 1.0);
        }
        keys.read_widths(widths, charge);
        std::copy(widths.begin(), widths.end(), x.begin());
    } else {
        const auto cycles = random_codes(random, dim, config.quantization.query_levels);
        keys.read(cycles, time_of(config), charge);
        for (std::size_t r = 0; r < dim; ++r) {
            x[r] = cycles[r] / (config.quantization.query_levels - 1.0L);
        }
    }
    std::size_t compared = 0;
    for (std::size_t c = 0; c < used; ++c) {
        if (!naive.written(c)) {
            continue;
        }
        Sum want;
        for (std::size_t r = 0; r < dim; ++r) {
            naive.add_cell(want, c, r, x[r]);
        }
        EXPECT_NEAR(charge[c], static_cast<double>(want.value), want.tolerance()) << "column " << c << " of " << used;
        ++compared;
    }
    return compared;
}

TEST(KeyArray, ReadsTheChargesOfTheEquationsForAnyConfigurationAndAge) {
    std::size_t compared = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        SCOPED_TRACE(describe(seed, config));
        KeyArray keys(config);
        NaiveArray naive(config);
        for (int step = 0; step < 25; ++step) {
            live(random, config, keys, naive);
            compared += compare_keys(random, config, keys, naive);
        }
        if (testing::Test::HasFailure()) {
            return;
        }
    }
    EXPECT_GT(compared, 10000U);
}

TEST(KeyArray, FollowsTheEquationsForEveryStoreLevelCountCellModelAndLeakageForm) {
    for (unsigned levels = 2; levels <= 20; ++levels) {
        for (const CellModel model : {CellModel::cubic, CellModel::linear, CellModel::polynomial}) {
            for (const LeakageForm form : {LeakageForm::off, LeakageForm::voltage, LeakageForm::product}) {
                Random random(levels);
                Config config;
                config.geometry = {.dim = 7, .tile_tokens = 19, .tiles = 1};
                config.quantization.store_levels = levels;
                config.cell = {.model = model, .coefficients = {-3.0, 5.0, 7.0, -11.0}};
                config.leakage = {.form = form, .decay_per_token = 0.02};
                SCOPED_TRACE(describe(levels, config));
                KeyArray keys(config);
                NaiveArray naive(config);
                for (int step = 0; step < 20; ++step) {
                    live(random, config, keys, naive);
                    compare_keys(random, config, keys, naive);
                }
                ASSERT_FALSE(testing::Test::HasFailure());
            }
        }
    }
}

template <typename Array>
std::vector<double> charges_of(const Config& config, Array& array);

template <>
std::vector<double> charges_of(const Config& config, KeyArray& array) {
    std::vector<double> charge(config.geometry.capacity());
    std::vector<std::uint8_t> cycles(config.geometry.dim);
    for (std::size_t r = 0; r < cycles.size(); ++r) {
        cycles[r] = static_cast<std::uint8_t>(1 + r % 15);
    }
    array.read(cycles, TimeBase{}, charge);
    return charge;
}

template <>
std::vector<double> charges_of(const Config& config, ValueArray& array) {
    std::vector<double> charge(config.geometry.tiles * config.geometry.dim);
    std::vector<double> widths(config.geometry.capacity());
    for (std::size_t c = 0; c < widths.size(); ++c) {
        widths[c] = 0.3 + 0.01 * static_cast<double>(c);
    }
    array.read(widths, charge);
    return charge;
}

Config small_config(unsigned store_levels) {
    Config config;
    config.geometry = {.dim = 5, .tile_tokens = 3, .tiles = 3};
    config.quantization.store_levels = store_levels;
    config.leakage.decay_per_token = 0.05;
    return config;
}

template <typename Array>
class AnyArray : public testing::Test {};
using Arrays = testing::Types<KeyArray, ValueArray>;
TYPED_TEST_SUITE(AnyArray, Arrays, );

// Eight levels are summed as whole numbers, sixteen as real ones.
TYPED_TEST(AnyArray, AWriteReplacesWhatAColumnHeldAndMakesItNew) {
    for (const unsigned levels : {8U, 16U}) {
        const Config config = small_config(levels);
        SCOPED_TRACE(describe(1, config));
        Random random(1);
        TypeParam worn(config);
        TypeParam fresh(config);
        NaiveArray unused(config);
        for (int token = 0; token < 40; ++token) {
            write_random(random, config, whole(random, 0, 8), worn, unused);
            worn.age();
        }
        for (std::size_t column = 0; column < config.geometry.capacity(); ++column) {
            const auto codes = random_codes(random, config.geometry.dim, levels);
            worn.write(column, codes);
            fresh.write(column, codes);
        }
        EXPECT_EQ(charges_of(config, worn), charges_of(config, fresh));
    }
}

TYPED_TEST(AnyArray, ADischargedColumnIsOneWrittenWithZeroVolts) {
    for (const unsigned levels : {8U, 16U}) {
        const Config config = small_config(levels);
        SCOPED_TRACE(describe(2, config));
        Random random(2);
        TypeParam discharged(config);
        TypeParam written(config);
        for (std::size_t column = 0; column < config.geometry.capacity(); ++column) {
            const auto codes = random_codes(random, config.geometry.dim, levels);
            discharged.write(column, codes);
            written.write(column, codes);
        }
        discharged.age();
        written.age();
        discharged.discharge(4);
        written.write(4, std::vector<std::uint8_t>(config.geometry.dim, 0));
        EXPECT_EQ(charges_of(config, discharged), charges_of(config, written));
    }
}

TYPED_TEST(AnyArray, WritingOneColumnLeavesAllOthersAsTheyWere) {
    for (const unsigned levels : {8U, 16U}) {
        const Config config = small_config(levels);
        SCOPED_TRACE(describe(3, config));
        Random random(3);
        TypeParam array(config);
        NaiveArray naive(config);
        for (std::size_t column = 0; column < config.geometry.capacity(); ++column) {
            write_random(random, config, column, array, naive);
        }
        const std::vector<double> before = charges_of(config, array);
        // Column 4 is the second of the second sub-tile.
        array.write(4, std::vector<std::uint8_t>(config.geometry.dim, 3));
        const std::vector<double> after = charges_of(config, array);
        std::size_t changed = 0;
        for (std::size_t i = 0; i < after.size(); ++i) {
            const bool may_change = std::is_same_v<TypeParam, KeyArray> ? i == 4 : i / config.geometry.dim == 1;
            if (!may_change) {
                EXPECT_EQ(after[i], before[i]) << i;
            }
            changed += after[i] != before[i] ? 1 : 0;
        }
        EXPECT_GT(changed, 0U);
    }
}

TYPED_TEST(AnyArray, VoltsOfTheDacGiveTheSameChargesAsItsCodes) {
    Config coded = small_config(16);
    Config volted = small_config(0);
    volted.quantization.query_levels = 16;
    Random random(4);
    TypeParam by_code(coded);
    TypeParam by_volts(volted);
    const Dac dac(16);
    for (std::size_t column = 0; column < coded.geometry.capacity(); ++column) {
        const auto codes = random_codes(random, coded.geometry.dim, 16);
        std::vector<double> volts(codes.size());
        std::transform(codes.begin(), codes.end(), volts.begin(), [&](auto code) { return dac.volts(code); });
        by_code.write(column, codes);
        by_volts.write_volts(column, volts);
        by_code.age();
        by_volts.age();
    }
    EXPECT_EQ(charges_of(coded, by_code), charges_of(volted, by_volts));
}

TYPED_TEST(AnyArray, WithoutLeakageOrWithoutDecayAgeChangesNothing) {
    for (const Leakage leakage :
         {Leakage{LeakageForm::off, 0.5}, Leakage{LeakageForm::voltage, 0.0}, Leakage{LeakageForm::product, 0.0}}) {
        Config config = small_config(8);
        config.leakage = leakage;
        Random random(5);
        TypeParam array(config);
        NaiveArray naive(config);
        for (std::size_t column = 0; column < config.geometry.capacity(); ++column) {
            write_random(random, config, column, array, naive);
        }
        const std::vector<double> young = charges_of(config, array);
        for (int token = 0; token < 1000; ++token) {
            array.age();
        }
        EXPECT_EQ(charges_of(config, array), young);
    }
}

TYPED_TEST(AnyArray, AfterAGreatAgeTheVoltageFormLeavesTheCentredCellAndTheProductFormNothing) {
    for (const unsigned levels : {8U, 16U}) {
        for (const LeakageForm form : {LeakageForm::voltage, LeakageForm::product}) {
            Config config = small_config(levels);
            config.leakage = {.form = form, .decay_per_token = 3.0};
            Config constant = config;
            constant.leakage.form = LeakageForm::off;
            constant.cell = {.model = CellModel::polynomial, .coefficients = {0.52136361}};
            SCOPED_TRACE(describe(6, config));
            Random random(6);
            TypeParam array(config);
            TypeParam centred(constant);
            NaiveArray naive(config);
            for (std::size_t column = 0; column < config.geometry.capacity(); ++column) {
                write_random(random, config, column, array, naive);
                centred.write(column, std::vector<std::uint8_t>(config.geometry.dim, 0));
            }
            for (int token = 0; token < 1000; ++token) {
                array.age();
            }
            const std::vector<double> got = charges_of(config, array);
            const std::vector<double> want = charges_of(constant, centred);
            for (std::size_t i = 0; i < got.size(); ++i) {
                if (form == LeakageForm::voltage) {
                    EXPECT_NEAR(got[i], want[i], 1e-13);
                } else {
                    EXPECT_EQ(got[i], 0.0);
                }
            }
        }
    }
}

// --- V array ---------------------------------------------------------------------------------------------------------

std::size_t compare_values(const Config& config, const ValueArray& values, const NaiveArray& naive,
                           std::span<const double> widths) {
    const std::size_t dim = config.geometry.dim;
    std::vector<double> charge(config.geometry.tiles * dim, 1e30);
    values.read(widths, charge);
    std::size_t compared = 0;
    for (std::size_t tile = 0; tile < config.geometry.tiles; ++tile) {
        const std::size_t first = std::min(tile * config.geometry.tile_tokens, widths.size());
        const std::size_t last = std::min(first + config.geometry.tile_tokens, widths.size());
        for (std::size_t e = 0; e < dim; ++e) {
            Sum want;
            for (std::size_t c = first; c < last; ++c) {
                if (naive.written(c)) {
                    naive.add_cell(want, c, e, widths[c]);
                }
            }
            EXPECT_NEAR(charge[tile * dim + e], static_cast<double>(want.value), want.tolerance())
                << "tile " << tile << ", output " << e << ", " << widths.size() << " columns used";
            compared += want.value != 0.0L ? 1 : 0;
        }
    }
    return compared;
}

TEST(ValueArray, ReadsTheChargesOfTheEquationsForAnyConfigurationAgeAndWidths) {
    std::size_t compared = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        SCOPED_TRACE(describe(seed, config));
        ValueArray values(config);
        NaiveArray naive(config);
        for (int step = 0; step < 25; ++step) {
            live(random, config, values, naive);
            const std::size_t used = whole(random, 1, config.geometry.capacity());
            compared += compare_values(config, values, naive, random_widths(random, naive, used));
        }
        if (testing::Test::HasFailure()) {
            return;
        }
    }
    EXPECT_GT(compared, 10000U);
}

TEST(ValueArray, FollowsTheEquationsForEveryStoreLevelCountCellModelAndLeakageForm) {
    for (unsigned levels = 2; levels <= 20; ++levels) {
        for (const CellModel model : {CellModel::cubic, CellModel::linear, CellModel::polynomial}) {
            for (const LeakageForm form : {LeakageForm::off, LeakageForm::voltage, LeakageForm::product}) {
                Random random(levels);
                Config config;
                config.geometry = {.dim = 5, .tile_tokens = 9, .tiles = 2};
                config.quantization.store_levels = levels;
                config.cell = {.model = model, .coefficients = {-3.0, 5.0, 7.0, -11.0}};
                config.leakage = {.form = form, .decay_per_token = 0.02};
                SCOPED_TRACE(describe(levels, config));
                ValueArray values(config);
                NaiveArray naive(config);
                for (int step = 0; step < 20; ++step) {
                    live(random, config, values, naive);
                    compare_values(config, values, naive, random_widths(random, naive, 18));
                }
                ASSERT_FALSE(testing::Test::HasFailure());
            }
        }
    }
}

TEST(ValueArray, WithoutAnyPulseThereIsNoCharge) {
    for (const unsigned levels : {8U, 16U}) {
        const Config config = small_config(levels);
        ValueArray values(config);
        for (std::size_t column = 0; column < config.geometry.capacity(); ++column) {
            values.write(column, std::vector<std::uint8_t>(config.geometry.dim, 7));
        }
        for (const std::size_t used : {std::size_t{0}, std::size_t{4}, std::size_t{9}}) {
            std::vector<double> charge(15, 1e30);
            values.read(std::vector<double>(used, 0.0), charge);
            EXPECT_EQ(charge, std::vector<double>(15, 0.0));
            std::vector<std::int8_t> counts(15, 99);
            values.read_counts(std::vector<double>(used, 0.0), {40.0, TimeBase{}}, counts);
            EXPECT_EQ(counts, std::vector<std::int8_t>(15, 0));
        }
    }
}

// --- Counts: the short way -------------------------------------------------------------------------------------------

/// The charges of `read`, and the counts that the two ways give for any scale of the charge-to-pulse block.
struct CountCheck {
    ValueArray& values;
    std::span<const double> widths;
    std::vector<double> charge;
    std::vector<std::int8_t> counts;

    CountCheck(const Config& config, ValueArray& array, std::span<const double> pulse_widths)
        : values(array),
          widths(pulse_widths),
          charge(config.geometry.tiles * config.geometry.dim),
          counts(charge.size()) {
        values.read(widths, charge);
    }

    /// Returns the number of counts that are neither zero nor the last one.
    std::size_t expect_same(double a_sat, unsigned emit_cycles) {
        const SignedChargeToPulse c2p(a_sat, {.query_cycles = 15, .emit_cycles = emit_cycles});
        std::fill(counts.begin(), counts.end(), std::int8_t{99});
        values.read_counts(widths, c2p, counts);
        std::size_t inside = 0;
        for (std::size_t i = 0; i < charge.size(); ++i) {
            const int want = c2p.signed_samples(charge[i]);
            if (counts[i] != want) {
                std::ostringstream out;
                out.precision(17);
                out << "output " << i << " of " << charge.size() << ": charge " << charge[i] << ", a_sat " << a_sat
                    << ", emit_cycles " << emit_cycles << ", " << widths.size() << " columns of widths";
                for (const double width : widths) {
                    out << ' ' << width;
                }
                ADD_FAILURE() << out.str() << "\n  counts " << int{counts[i]} << ", not " << want;
                return inside;
            }
            inside += want != 0 && std::abs(want) != static_cast<int>(emit_cycles) ? 1 : 0;
        }
        return inside;
    }

    /// Scales at which the charge of output i is a rounding threshold, or off it by the fraction `off`.
    void expect_same_at_threshold(std::size_t i, unsigned emit_cycles, double count, double off) {
        const double a_sat = std::fabs(charge[i]) * emit_cycles / (count + 0.5) * (1.0 + off);
        if (a_sat > 1e-250) {
            expect_same(a_sat, emit_cycles);
        }
    }
};

constexpr std::array kOffThreshold{0.0,  2e-16, -2e-16, 1e-14, -1e-14, 1e-12, -1e-12, 1e-10, -1e-10,
                                   1e-8, -1e-8, 1e-6,   -1e-6, 1e-5,   -1e-5, 1e-4,   -1e-4};

TEST(ValueArrayCounts, EqualTheSamplesOfTheChargesForAnyConfigurationAgeAndWidths) {
    std::size_t inside = 0;
    for (std::uint64_t seed = 1000; seed < 4000; ++seed) {
        Random random(seed);
        Config config = random_config(random);
        if (config.quantization.query_levels == 0 && !one_in(random, 4)) {
            config.quantization.query_levels = 16;
        }
        SCOPED_TRACE(describe(seed, config));
        const unsigned emit_cycles = config.quantization.output_levels - 1;
        ValueArray values(config);
        NaiveArray naive(config);
        for (int step = 0; step < 20; ++step) {
            live(random, config, values, naive);
            const std::vector<double> widths =
                random_widths(random, naive, whole(random, 1, config.geometry.capacity()));
            CountCheck check(config, values, widths);
            inside += check.expect_same(40.0, emit_cycles);
            inside += check.expect_same(std::exp(uniform(random, -8.0, 8.0)), emit_cycles);
            const double most =
                std::fabs(*std::max_element(check.charge.begin(), check.charge.end(),
                                            [](double a, double b) { return std::fabs(a) < std::fabs(b); }));
            if (most > 1e-200) {
                check.expect_same(most, emit_cycles);               // just saturated
                check.expect_same(most * (1 + 1e-9), emit_cycles);  // nearly
                inside += check.expect_same(2.0 * most, emit_cycles);
            }
        }
        if (testing::Test::HasFailure()) {
            return;
        }
    }
    EXPECT_GT(inside, 300000U);
}

TEST(ValueArrayCounts, EqualTheSamplesOfChargesOnAndBesideARoundingThreshold) {
    std::size_t checked = 0;
    for (std::uint64_t seed = 5000; seed < 8000; ++seed) {
        Random random(seed);
        Config config = random_config(random);
        config.quantization.query_levels = 16;
        config.quantization.store_levels = static_cast<unsigned>(whole(random, 2, 16));
        SCOPED_TRACE(describe(seed, config));
        const unsigned emit_cycles = config.quantization.output_levels - 1;
        ValueArray values(config);
        NaiveArray naive(config);
        for (int step = 0; step < 12; ++step) {
            live(random, config, values, naive);
        }
        for (int reading = 0; reading < 4; ++reading) {
            const std::vector<double> widths =
                random_widths(random, naive, whole(random, 1, config.geometry.capacity()));
            CountCheck check(config, values, widths);
            const std::size_t i = whole(random, 0, check.charge.size() - 1);
            const auto count = static_cast<double>(whole(random, 0, emit_cycles - 1));
            for (const double off : kOffThreshold) {
                check.expect_same_at_threshold(i, emit_cycles, count, off);
            }
            checked += check.charge[i] != 0.0 ? 1 : 0;
        }
        if (testing::Test::HasFailure()) {
            return;
        }
    }
    EXPECT_GT(checked, 3000U);
}

/// The coefficient of order 1 with which one whole level of an array with this number of levels weighs exactly 1.
double coefficient_of_whole_levels(unsigned store_levels) {
    const unsigned top_level = store_levels % 2 == 0 ? store_levels - 1 : (store_levels - 1) / 2;
    const double unit_v = 0.45 / top_level;
    double coefficient = 1.0 / unit_v;
    for (int i = 0; i < 8 && coefficient * unit_v != 1.0; ++i) {
        coefficient = std::nextafter(coefficient, coefficient * unit_v < 1.0 ? 1e9 : 0.0);
    }
    return coefficient * unit_v == 1.0 ? coefficient : 0.0;
}

/// A V array whose charges are binary fractions: widths in quarters and 64ths, and cells that weigh their whole level.
struct WholeLevels {
    Config config;
    std::vector<std::vector<std::uint8_t>> codes;
    std::vector<double> widths;

    WholeLevels(Random& random, unsigned levels, double higher_orders) {
        config.geometry = {.dim = 21, .tile_tokens = 13, .tiles = 2};
        config.quantization.store_levels = levels;
        config.cell = {.model = CellModel::polynomial,
                       .coefficients = {0.0, coefficient_of_whole_levels(levels), higher_orders, higher_orders}};
        config.leakage.form = LeakageForm::off;
        for (std::size_t c = 0; c < config.geometry.capacity(); ++c) {
            codes.push_back(random_codes(random, config.geometry.dim, levels));
            widths.push_back(static_cast<double>(whole(random, 0, 4)) / (one_in(random, 4) ? 4.0 : 64.0));
        }
    }
    void write_to(ValueArray& values) const {
        for (std::size_t c = 0; c < codes.size(); ++c) {
            values.write(c, codes[c]);
        }
    }
    [[nodiscard]] double charge(std::size_t tile, std::size_t e) const {
        double sum = 0.0;
        for (std::size_t c = tile * 13; c < (tile + 1) * 13; ++c) {
            const int level = 2 * codes[c][e] - static_cast<int>(config.quantization.store_levels - 1);
            sum += widths[c] * (config.quantization.store_levels % 2 == 0 ? level : level / 2);
        }
        return sum;
    }
};

// One cycle is a charge of 1.
TEST(ValueArrayCounts, ExactTiesCountUpInMagnitude) {
    std::size_t ties = 0;
    for (const unsigned levels : {2U, 3U, 4U, 5U, 7U, 8U, 9U, 11U, 15U}) {
        ASSERT_NE(coefficient_of_whole_levels(levels), 0.0) << levels << " levels";
        for (std::uint64_t seed = 0; seed < 80; ++seed) {
            Random random(seed);
            const WholeLevels whole_levels(random, levels, seed % 2 == 0 ? 0.0 : kNextToNothing);
            SCOPED_TRACE(describe(seed, whole_levels.config));
            ValueArray values(whole_levels.config);
            whole_levels.write_to(values);
            std::vector<std::int8_t> counts(42, 99);
            values.read_counts(whole_levels.widths, {16.0, {.query_cycles = 15, .emit_cycles = 16}}, counts);
            for (std::size_t i = 0; i < counts.size(); ++i) {
                const double charge = whole_levels.charge(i / 21, i % 21);
                const double magnitude = std::min(std::fabs(charge), 16.0);
                const double count = std::floor(magnitude + 0.5);
                ASSERT_EQ(counts[i], charge < 0.0 ? -count : count) << "output " << i << ", charge " << charge;
                ties += magnitude - std::floor(magnitude) == 0.5 ? 1 : 0;
            }
        }
    }
    EXPECT_GT(ties, 300U);
}

TEST(ValueArrayCounts, EqualTheSamplesOfWholeChargesOnAndBesideEveryThreshold) {
    for (const unsigned levels : {2U, 3U, 4U, 5U, 7U, 8U, 9U, 11U, 15U}) {
        for (std::uint64_t seed = 0; seed < 80; ++seed) {
            Random random(seed);
            const WholeLevels whole_levels(random, levels, seed % 2 == 0 ? 0.0 : kNextToNothing);
            SCOPED_TRACE(describe(seed, whole_levels.config));
            ValueArray values(whole_levels.config);
            whole_levels.write_to(values);
            CountCheck check(whole_levels.config, values, whole_levels.widths);
            for (const double off : kOffThreshold) {
                check.expect_same(16.0 * (1.0 + off), 16);
                check.expect_same(15.0 * (1.0 + off), 15);
                check.expect_same(40.0 * (1.0 + off), 15);
            }
            ASSERT_FALSE(testing::Test::HasFailure());
        }
    }
}

// The linear cell at the paper's scale: a full pulse at level 7 is 19.3 * 0.45 = 8.685.
TEST(ValueArrayCounts, OneColumnOfTheLinearCellOnEveryThresholdOfThePapersScale) {
    Config config;
    config.geometry = {.dim = 8, .tile_tokens = 4, .tiles = 1};
    config.cell.model = CellModel::linear;
    ValueArray values(config);
    std::vector<std::uint8_t> codes{0, 1, 2, 3, 4, 5, 6, 7};
    values.write(0, codes);
    for (unsigned n = 0; n < 15; ++n) {
        for (const double off : kOffThreshold) {
            // Level 7 sees n + 1/2 cycles.
            const std::vector<double> widths{(n + 0.5) / 15.0 * (1.0 + off)};
            CountCheck check(config, values, widths);
            check.expect_same(8.685, 15);
            check.expect_same(40.0, 15);
            check.expect_same(8.685 * 3.0 / 7.0, 15);
        }
    }
}

/// A sub-tile in which the rounding errors of all weights add up: every weight is just below (or above) half of its
/// last place, and all cells are at the level (the first or the last) of the greatest powers.
struct WorstCase {
    Config config;
    std::vector<double> widths;

    WorstCase(unsigned levels, const std::vector<double>& coefficients, double part) {
        config.geometry = {.dim = 3, .tile_tokens = 64, .tiles = 1};
        config.quantization.store_levels = levels;
        config.cell = {.model = CellModel::polynomial, .coefficients = coefficients};
        const double widest = levels % 4 == 0 ? 1.0 : 1e-7;
        widths.push_back(widest);
        for (std::size_t c = 1; c < config.geometry.tile_tokens; ++c) {
            widths.push_back((static_cast<double>(c) * 400.0 + part) / 32500.0 * widest);
        }
    }

    /// All cells at `code`: returns how many thresholds were looked at.
    [[nodiscard]] std::size_t expect_same_near_thresholds(unsigned code) const {
        SCOPED_TRACE(describe(0, config) + ", all cells at code " + std::to_string(code));
        ValueArray values(config);
        for (std::size_t c = 0; c < widths.size(); ++c) {
            values.write(c, std::vector<std::uint8_t>(config.geometry.dim, static_cast<std::uint8_t>(code)));
        }
        CountCheck check(config, values, widths);
        std::size_t checked = 0;
        // Each of 63 weights is off by half of 1/32500 of its bound: up to 4e-5 of the sum.
        for (double off = 0.25e-6; off < 4.5e-5; off += 0.25e-6) {
            for (const double count : {0.0, 126.0}) {
                check.expect_same_at_threshold(0, 127, count, off);
                check.expect_same_at_threshold(0, 127, count, -off);
                checked += 2;
            }
        }
        return checked;
    }
};

TEST(ValueArrayCounts, EqualTheSamplesWhereTheRoundingErrorsOfAllWeightsAddUp) {
    constexpr double kNone = kNextToNothing;
    const std::vector<std::vector<double>> cells{
        {0.0, 3.0},           {0.0, 3.0, kNone, kNone}, {0.0, kNone, 3.0, kNone}, {0.0, kNone, kNone, 3.0},
        {0.0, 2.0, 5.0, 9.0}, {0.1, 20.0, 1.0, 1.0},    {1.0, -2.0, -5.0, -9.0}};
    std::size_t checked = 0;
    for (const unsigned levels : {2U, 3U, 5U, 8U, 9U, 12U, 15U}) {
        for (const std::vector<double>& coefficients : cells) {
            for (const double part : {0.499, 0.501}) {
                const WorstCase worst(levels, coefficients, part);
                checked += worst.expect_same_near_thresholds(0);
                checked += worst.expect_same_near_thresholds(levels - 1);
                ASSERT_FALSE(testing::Test::HasFailure());
            }
        }
    }
    EXPECT_GT(checked, 10000U);
}

// With twelve levels, 595 columns at the top level are the most whose sums 32 bits hold for certain.
TEST(ValueArrayCounts, EqualTheSamplesForSubTilesUpToAndAboveTheTallestOfTheShortWay) {
    for (const std::size_t tile_tokens : {512U, 595U, 596U, 700U}) {
        for (const bool all_at_the_top : {true, false}) {
            Config config;
            config.geometry = {.dim = 5, .tile_tokens = tile_tokens, .tiles = 2};
            config.quantization.store_levels = 12;
            SCOPED_TRACE(describe(0, config) + (all_at_the_top ? ", all at the top" : ", all levels"));
            ValueArray values(config);
            NaiveArray naive(config);
            for (std::size_t c = 0; c < config.geometry.capacity(); ++c) {
                const std::size_t code = all_at_the_top ? 11 : c % 12;
                const std::vector<std::uint8_t> codes(config.geometry.dim, static_cast<std::uint8_t>(code));
                values.write(c, codes);
                naive.write(c, codes);
            }
            const std::vector<double> widths(config.geometry.capacity(), 1.0);
            compare_values(config, values, naive, widths);
            CountCheck check(config, values, widths);
            EXPECT_GT(check.expect_same(10000.0, 127), 0U);
            for (const double off : kOffThreshold) {
                check.expect_same_at_threshold(0, 127, 100.0, off);
                check.expect_same_at_threshold(7, 127, 30.0, off);
            }
        }
    }
}

TEST(ValueArrayCounts, AreTheSameForEveryVectorTarget) {
    for (std::uint64_t seed = 9000; seed < 9100; ++seed) {
        Random random(seed);
        const Config config = random_config(random);
        SCOPED_TRACE(describe(seed, config));
        ValueArray values(config);
        NaiveArray naive(config);
        for (int step = 0; step < 12; ++step) {
            live(random, config, values, naive);
        }
        const std::vector<double> widths = random_widths(random, naive, whole(random, 1, config.geometry.capacity()));
        std::vector<std::vector<double>> results;
        for (const std::string& target : kernels::target_names()) {
            kernels::force_target(target);
            CountCheck check(config, values, widths);
            check.expect_same(40.0, config.quantization.output_levels - 1);
            for (const double off : kOffThreshold) {
                check.expect_same_at_threshold(0, config.quantization.output_levels - 1, 0.0, off);
            }
            results.push_back(check.charge);
        }
        kernels::force_target("");
        for (const std::vector<double>& result : results) {
            EXPECT_EQ(result, results.front());
        }
        if (testing::Test::HasFailure()) {
            return;
        }
    }
}

}  // namespace
}  // namespace gca
