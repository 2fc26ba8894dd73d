// Plots: ticks, places of points and bars, what cannot be drawn.
#include "sim/cost/svg_plot.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace gca {
namespace {

TEST(SvgPlot, TicksAreRoundAndReachBothEnds) {
    EXPECT_EQ(ticks(0.0, 10.0, false), (std::vector<double>{0.0, 2.0, 4.0, 6.0, 8.0, 10.0}));
    EXPECT_EQ(ticks(3.0, 3.0, false).size(), 2U);
    const std::vector<double> powers = ticks(2e-3, 5.0, true);
    ASSERT_EQ(powers.size(), 5U);
    EXPECT_NEAR(powers.front(), 1e-3, 1e-15);
    EXPECT_NEAR(powers.back(), 10.0, 1e-12);
    EXPECT_EQ(ticks(10.0, 10.0, true).size(), 2U);
    for (const double width : {0.07, 1.3, 42.0, 9e5}) {
        const std::vector<double> marks = ticks(1.0, 1.0 + width, false);
        EXPECT_LE(marks.front(), 1.0);
        EXPECT_GE(marks.back(), 1.0 + width);
        EXPECT_LE(marks.size(), 8U) << width;
    }
}

TEST(SvgPlot, ALineGoesFromCornerToCorner) {
    const LinePlot plot{.x_label = "x", .y_label = "<y>", .lines = {{"a & b", {{0.0, 0.0}, {10.0, 10.0}}}}};
    const std::string svg = draw(plot);
    EXPECT_NE(svg.find("points=\"70.0,256.0 610.0,12.0 \""), std::string::npos) << svg;
    EXPECT_NE(svg.find("a &amp; b"), std::string::npos);
    EXPECT_NE(svg.find("&lt;y&gt;"), std::string::npos);
}

TEST(SvgPlot, ABarsPartsFollowEachOther) {
    const BarPlot plot{.unit = "pJ", .bars = {{"one", {{"left", 1.0}, {"right", 3.0}}}, {"two", {{"right", 1.0}}}}};
    const std::string svg = draw(plot);
    EXPECT_NE(svg.find("x=\"190.0\" y=\"12.0\" width=\"120.0\""), std::string::npos) << svg;
    EXPECT_NE(svg.find("x=\"310.0\" y=\"12.0\" width=\"360.0\""), std::string::npos) << svg;
    EXPECT_NE(svg.find("x=\"190.0\" y=\"46.0\" width=\"120.0\" height=\"22\" fill=\"#bc4c00\""), std::string::npos)
        << svg;
}

TEST(SvgPlot, NothingToDrawIsRefused) {
    EXPECT_THROW((void)draw(LinePlot{}), std::invalid_argument);
    EXPECT_THROW((void)draw(BarPlot{}), std::invalid_argument);
    EXPECT_THROW((void)draw(LinePlot{.log_x = true, .lines = {{"", {{0.0, 1.0}}}}}), std::invalid_argument);
}

}  // namespace
}  // namespace gca
