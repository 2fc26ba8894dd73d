#include "sim/cost/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace gca {

namespace {

constexpr std::array kColours{"#0969da", "#bc4c00", "#1a7f37", "#8250df", "#9a6700", "#57606a"};
constexpr double kWidth = 760.0;
constexpr double kLeft = 70.0;
constexpr double kRight = 150.0;  // names stand there
constexpr double kHeight = 300.0;
constexpr double kTop = 12.0;
constexpr double kBottom = 44.0;
constexpr double kBarLeft = 190.0;
constexpr double kBarRight = 90.0;
constexpr double kBarStep = 34.0;
constexpr double kBarHeight = 22.0;
constexpr double kLegendStep = 18.0;

std::string open(double height) {
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" height=\"{1:g}\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#24292f\">\n",
        kWidth, height);
}

std::string text(double x, double y, const char* anchor, const std::string& words) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, escaped(words));
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
    return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2, y2, style);
}

/// From values to the picture.
struct Axis {
    double least;
    double greatest;
    bool log;
    double begin;
    double end;

    [[nodiscard]] double at(double value) const {
        const auto scaled = [this](double v) { return log ? std::log10(v) : v; };
        return begin + (end - begin) * (scaled(value) - scaled(least)) / (scaled(greatest) - scaled(least));
    }
};

Axis axis_over(const LinePlot& plot, double PlotPoint::*coordinate, bool log, double begin, double end) {
    double least = std::numeric_limits<double>::infinity();
    double greatest = -least;
    const auto include = [&](double value) {
        least = std::min(least, value);
        greatest = std::max(greatest, value);
    };
    for (const PlotLine& one : plot.lines) {
        for (const PlotPoint& point : one.points) {
            include(point.*coordinate);
        }
    }
    if (coordinate == &PlotPoint::y && plot.level > 0.0) {
        include(plot.level);
    }
    if (!std::isfinite(least) || (log && !(least > 0.0))) {
        throw std::invalid_argument("a plot needs points, above 0 on an axis of powers");
    }
    const std::vector<double> marks = ticks(least, greatest, log);
    return {.least = std::min(least, marks.front()),
            .greatest = std::max(greatest, marks.back()),
            .log = log,
            .begin = begin,
            .end = end};
}

}  // namespace

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::vector<double> ticks(double least, double greatest, bool log) {
    std::vector<double> marks;
    if (log) {
        const int first = static_cast<int>(std::floor(std::log10(least) + 1e-9));
        const int last = std::max(static_cast<int>(std::ceil(std::log10(greatest) - 1e-9)), first + 1);
        for (int power = first; power <= last; ++power) {
            marks.push_back(std::pow(10.0, power));
        }
        return marks;
    }
    constexpr double kAbout = 5.0;
    const double width = greatest > least ? greatest - least : std::max(std::fabs(least), 1.0);
    const double power = std::pow(10.0, std::floor(std::log10(width / kAbout)));
    double step = power;
    for (const double factor : {2.0, 5.0, 10.0}) {
        if (width / step > kAbout) {
            step = factor * power;
        }
    }
    const double first = std::floor(least / step + 1e-9);
    const double last = std::max(std::ceil(greatest / step - 1e-9), first + 1.0);
    for (double i = first; i <= last; i += 1.0) {
        marks.push_back(i * step);
    }
    return marks;
}

std::string draw(const LinePlot& plot) {
    const Axis x = axis_over(plot, &PlotPoint::x, plot.log_x, kLeft, kWidth - kRight);
    const Axis y = axis_over(plot, &PlotPoint::y, plot.log_y, kHeight - kBottom, kTop);
    std::string svg = open(kHeight);
    const char* const grid = "stroke=\"#d0d7de\"";
    for (const double mark : ticks(x.least, x.greatest, x.log)) {
        svg += line(x.at(mark), y.begin, x.at(mark), y.end, grid);
        svg += text(x.at(mark), y.begin + 16.0, "middle", fmt::format("{:g}", mark));
    }
    for (const double mark : ticks(y.least, y.greatest, y.log)) {
        svg += line(x.begin, y.at(mark), x.end, y.at(mark), grid);
        svg += text(x.begin - 6.0, y.at(mark) + 4.0, "end", fmt::format("{:g}", mark));
    }
    svg += text((x.begin + x.end) / 2.0, kHeight - 8.0, "middle", plot.x_label);
    svg += fmt::format("<text transform=\"translate(14 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                       (y.begin + y.end) / 2.0, escaped(plot.y_label));
    if (plot.level > 0.0) {
        svg += line(x.begin, y.at(plot.level), x.end, y.at(plot.level), R"(stroke="#24292f" stroke-dasharray="5 4")");
        svg += text(x.end + 6.0, y.at(plot.level) + 4.0, "start", plot.level_name);
    }
    for (std::size_t i = 0; i < plot.lines.size(); ++i) {
        const char* const colour = kColours[i % kColours.size()];
        std::string points;
        for (const PlotPoint& point : plot.lines[i].points) {
            points += fmt::format("{:.1f},{:.1f} ", x.at(point.x), y.at(point.y));
        }
        svg +=
            fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" points=\"{}\"/>\n", colour, points);
        const double row = kTop + 6.0 + kLegendStep * static_cast<double>(i);
        if (!plot.lines[i].name.empty()) {
            svg += line(x.end + 8.0, row, x.end + 24.0, row,
                        fmt::format(R"(stroke="{}" stroke-width="2")", colour).c_str());
            svg += text(x.end + 28.0, row + 4.0, "start", plot.lines[i].name);
        }
    }
    return svg + "</svg>\n";
}

std::string draw(const BarPlot& plot) {
    double longest = 0.0;
    std::vector<std::string> names;
    for (const Bar& bar : plot.bars) {
        double sum = 0.0;
        for (const BarPart& part : bar.parts) {
            sum += part.value;
            if (std::find(names.begin(), names.end(), part.name) == names.end()) {
                names.push_back(part.name);
            }
        }
        longest = std::max(longest, sum);
    }
    if (!(longest > 0.0)) {
        throw std::invalid_argument("a bar plot needs a bar above 0");
    }
    const Axis x{.least = 0.0, .greatest = longest, .log = false, .begin = kBarLeft, .end = kWidth - kBarRight};
    double top = kTop;
    std::string bars;
    for (const Bar& bar : plot.bars) {
        double sum = 0.0;
        for (const BarPart& part : bar.parts) {
            const auto place = static_cast<std::size_t>(
                std::distance(names.begin(), std::find(names.begin(), names.end(), part.name)));
            bars += fmt::format(
                "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:g}\" fill=\"{}\"><title>{}: {:.4g} "
                "{}</title></rect>\n",
                x.at(sum), top, x.at(sum + part.value) - x.at(sum), kBarHeight, kColours[place % kColours.size()],
                escaped(part.name), part.value, escaped(plot.unit));
            sum += part.value;
        }
        bars += text(kBarLeft - 8.0, top + 15.0, "end", bar.name);
        bars += text(x.at(sum) + 6.0, top + 15.0, "start", fmt::format("{:.4g} {}", sum, plot.unit));
        top += kBarStep;
    }
    double left = kBarLeft;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const double width = 34.0 + 6.6 * static_cast<double>(names[i].size());
        if (left + width > kWidth && left > kBarLeft) {
            left = kBarLeft;
            top += kLegendStep;
        }
        bars += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" fill=\"{}\"/>\n", left, top,
                            kColours[i % kColours.size()]);
        bars += text(left + 16.0, top + 10.0, "start", names[i]);
        left += width;
    }
    return open(top + kLegendStep) + bars + "</svg>\n";
}

}  // namespace gca
