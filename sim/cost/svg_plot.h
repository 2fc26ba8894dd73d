// Plots as SVG text, to stand inside an HTML page: lines over one axis each way, and bars made of parts.
#pragma once

#include <string>
#include <vector>

namespace gca {

struct PlotPoint {
    double x = 0.0;
    double y = 0.0;
};

struct PlotLine {
    std::string name;
    std::vector<PlotPoint> points;
};

struct LinePlot {
    std::string x_label;
    std::string y_label;
    bool log_x = false;  ///< all x and the ticks are above 0 then
    bool log_y = false;
    std::vector<PlotLine> lines;
    double level = 0.0;  ///< a dashed line across, 0: none
    std::string level_name;
};

struct BarPart {
    std::string name;
    double value = 0.0;
};

/// Bars one below the other, each with its parts side by side; a part's name has the same colour in all.
struct Bar {
    std::string name;
    std::vector<BarPart> parts;
};

struct BarPlot {
    std::string unit;
    std::vector<Bar> bars;
};

/// Throws std::invalid_argument if there is nothing to draw.
[[nodiscard]] std::string draw(const LinePlot& plot);
[[nodiscard]] std::string draw(const BarPlot& plot);

/// Text as HTML and SVG may hold it.
[[nodiscard]] std::string escaped(const std::string& text);

/// Positions of ticks between two limits, the powers of ten or round steps; at least two.
[[nodiscard]] std::vector<double> ticks(double least, double greatest, bool log);

}  // namespace gca
