// The numbers that the synthesizable array view is loaded with.

#include "behavioral/view_tables.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "behavioral/cell.h"
#include "behavioral/config.h"
#include "behavioral/error.h"

namespace gca {
namespace {

Config ideal(CellModel cell) {
    Config config;
    config.geometry = {.dim = 64, .tile_tokens = 64, .tiles = 1};
    config.cell.model = cell;
    config.leakage.form = LeakageForm::off;
    return config;
}

TEST(ViewTables, LinearCellIsWholeLevels) {
    const ViewTables tables = view_tables(ideal(CellModel::linear), {.cell_bits = 4, .leakage = false});
    EXPECT_EQ(tables.cell, (std::vector<std::int64_t>{-7, -5, -3, -1, 1, 3, 5, 7}));
    // s_sat and a_sat in these units: 80 * 15 / (19.3 * 0.45 / 7) = 967.2
    EXPECT_EQ(tables.full, 967U);
    ASSERT_EQ(tables.thresholds.size(), 15U);
}

TEST(ViewTables, EntriesAreTheCellsCubicWithinHalfAUnit) {
    const Config config = ideal(CellModel::cubic);
    const ViewTables tables = view_tables(config, {.cell_bits = 16, .leakage = false});
    const auto c = cell_coefficients(config.cell);
    ASSERT_EQ(tables.cell.size(), 8U);
    std::vector<double> exact;
    for (unsigned code = 0; code < 8; ++code) {
        const double u = code * 0.9 / 7 - 0.45;
        exact.push_back(c[0] + c[1] * u + c[2] * u * u + c[3] * u * u * u);
    }
    EXPECT_EQ(tables.cell[0], -32767) << "the largest charge fills the table's range";
    for (unsigned code = 0; code < 8; ++code) {
        const auto entry = static_cast<double>(tables.cell[code]);
        EXPECT_LE(std::fabs(entry - exact[code] * -32767.0 / exact[0]), 0.5) << "code " << code;
    }
    EXPECT_GT(tables.margin, 0.0);
    EXPECT_LT(tables.margin, 0.5);
}

TEST(ViewTables, AFinerTableHasASmallerMargin) {
    double last = 1e9;
    for (const unsigned bits : {8U, 12U, 16U, 18U, 20U}) {
        const double margin = view_tables(ideal(CellModel::cubic), {.cell_bits = bits, .leakage = false}).margin;
        EXPECT_LT(margin, last) << bits << " bits";
        last = margin;
    }
}

TEST(ViewTables, LeakageHasARowForEachAge) {
    Config config = ideal(CellModel::cubic);
    config.leakage = {.form = LeakageForm::product, .decay_per_token = 0.01};
    const ViewTables tables = view_tables(config, {.cell_bits = 18, .leakage = true});
    ASSERT_EQ(tables.cell.size(), 64U * 8U);
    for (std::size_t age = 0; age < 64; ++age) {
        const double left = std::exp(-0.01 * static_cast<double>(age));
        const double expected = left * static_cast<double>(tables.cell[0]);
        EXPECT_LE(std::fabs(static_cast<double>(tables.cell[age * 8]) - expected), 1.0) << "age " << age;
    }
}

TEST(ViewTables, LevelCountsThatAreNoPowerOfTwoLeaveUnusedCodesZero) {
    Config config = ideal(CellModel::linear);
    config.quantization.store_levels = 5;
    const ViewTables tables = view_tables(config, {.cell_bits = 4, .leakage = false});
    EXPECT_EQ(tables.cell, (std::vector<std::int64_t>{-6, -3, 0, 3, 6, 0, 0, 0}));
}

TEST(ViewTables, WhatTheViewHasNotIsRefused) {
    Config leaking;
    EXPECT_THROW((void)view_tables(leaking, {.cell_bits = 16, .leakage = false}), InputError);
    Config no_counter = ideal(CellModel::cubic);
    no_counter.quantization.output = OutputQuantizer::mid_tread;
    EXPECT_THROW((void)view_tables(no_counter, {.cell_bits = 16, .leakage = false}), InputError);
    Config analog = ideal(CellModel::cubic);
    analog.quantization.query_levels = 0;
    EXPECT_THROW((void)view_tables(analog, {.cell_bits = 16, .leakage = false}), InputError);
    EXPECT_THROW((void)view_tables(ideal(CellModel::cubic), {.cell_bits = 30, .leakage = false}), InputError);
}

}  // namespace
}  // namespace gca
