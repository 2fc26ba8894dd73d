#include "sim/cost/page.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <vector>

#include "sim/config_file.h"
#include "sim/cost/paper_figures.h"
#include "sim/cost/svg_plot.h"

namespace gca {

namespace {

constexpr const char* kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>gca report</title><style>
body { font: 15px/1.5 sans-serif; color: #24292f; max-width: 800px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2em; border-bottom: 1px solid #d0d7de; }
table { border-collapse: collapse; margin: 1em 0; } td, th { padding: 0.2em 0.9em; border-bottom: 1px solid #d0d7de; }
td + td, th + th { text-align: right; } th { text-align: left; } .note { color: #57606a; font-size: 0.92em; }
svg { max-width: 100%; height: auto; }
</style></head><body>
)";

using Row = std::vector<std::string>;

std::string table(const Row& head, const std::vector<Row>& rows) {
    const auto line = [](const Row& cells, const char* tag) {
        std::string text = "<tr>";
        for (const std::string& cell : cells) {
            text += fmt::format("<{0}>{1}</{0}>", tag, escaped(cell));
        }
        return text + "</tr>\n";
    };
    std::string text = "<table>\n" + line(head, "th");
    for (const Row& row : rows) {
        text += line(row, "td");
    }
    return text + "</table>\n";
}

std::string paragraph(const std::string& text) {
    return "<p>" + text + "</p>\n";
}

std::string note(const std::string& text) {
    return "<p class=\"note\">" + text + "</p>\n";
}

std::string seconds(double value) {
    constexpr std::array kUnits{"s", "ms", "us", "ns"};
    std::size_t unit = 0;
    while (unit + 1 < kUnits.size() && std::fabs(value) < 1.0) {
        value *= 1e3;
        ++unit;
    }
    return fmt::format("{:.3g} {}", value, kUnits[unit]);
}

std::string size_of(const Geometry& g) {
    return fmt::format("{} x {} x {}", g.dim, g.tile_tokens, g.tiles);
}

Bar bar_of(const std::string& name, const TokenEnergy& energy) {
    return {.name = name,
            .parts = {{"K array, charge-to-pulse", energy.key_array},
                      {"V array", energy.value_array},
                      {"digital", energy.digital},
                      {"DACs", energy.dacs}}};
}

Row row_of(const std::string& name, const TokenEnergy& energy) {
    Row row{name};
    for (const double part : {energy.key_array, energy.value_array, energy.digital, energy.dacs, energy.total()}) {
        row.push_back(fmt::format("{:.0f}", part));
    }
    return row;
}

std::string latency_section(const Estimate& e) {
    const Schedule& s = e.schedule;
    const BarPlot plot{.unit = "ns",
                       .bars = {{.name = "one token",
                                 .parts = {{"write (S0)", static_cast<double>(s.load_cycles)},
                                           {"K array (S1, S2)", static_cast<double>(s.score_cycles)},
                                           {"V array (S3, S4)", static_cast<double>(s.mix_cycles)},
                                           {"emit, count (S5, S6)", static_cast<double>(s.emit_cycles)},
                                           {"add (S7, S8)", static_cast<double>(s.deliver_cycles)}}}}};
    const auto layers = static_cast<double>(e.options.layers);
    return "<h2>Latency</h2>\n" + draw(plot) +
           paragraph(
               fmt::format("A token takes {} ns through a head, at a clock of 1 GHz (the paper: {:g} ns; the parts "
                           "are this project's). {} layers, one after the other: {:.0f} ns of attention a token; a "
                           "layer's heads work side by side.",
                           s.latency(), paper::kLatencyNs, e.options.layers, layers * s.latency()));
}

std::string energy_section(const Estimate& e) {
    const std::string name = size_of(e.options.config.geometry);
    BarPlot plot{.unit = "pJ", .bars = {bar_of("the paper's head", e.paper), bar_of("this head", e.energy)}};
    std::vector<Row> rows{row_of("the paper's head, as calibrated", e.paper),
                          row_of(name + ", all codes equally likely", e.energy),
                          row_of(fmt::format("the same, a token every {} ns", e.schedule.interval()), e.streamed)};
    std::string activity;
    if (e.model) {
        plot.bars.push_back(bar_of("the language model", e.model->energy));
        rows.push_back(row_of("the language model's heads", e.model->energy));
        const Activity& a = e.model->activity;
        const auto tokens = static_cast<double>(a.tokens);
        const auto columns = static_cast<double>(a.columns);
        activity = paragraph(fmt::format(
            "The language model {}, on its text: {:.0f} columns of a window of {} hold a token on average; {:.0f} % of "
            "these give no pulse at all (the ReLU), the others a pulse of {:.0f} % of the longest; a query's pulses "
            "are "
            "{:.0f} % of the longest. All its {} heads: {:.1f} nJ a token.",
            escaped(e.model->name), columns / tokens, e.model->window,
            100.0 * static_cast<double>(a.silent_columns) / columns,
            100.0 * a.score_width / std::max(columns - static_cast<double>(a.silent_columns), 1.0),
            100.0 * a.query_width / (tokens * static_cast<double>(e.model->head.geometry.dim)), e.model->heads,
            static_cast<double>(e.model->heads) * e.model->energy.total() / 1e3));
    }
    const Activity& c = e.chip.calibration();
    const DigitalFigures& digital = e.chip.digital();
    const Geometry head;
    const double library_pj = digital.token_pj(head, paper::kLatencyNs);
    return "<h2>Energy of a token in one head</h2>\n" + draw(plot) +
           table({"pJ", "K array", "V array", "digital", "DACs", "sum"}, rows) + activity +
           note(fmt::format(
               "Calibration. An array's energy is proportional to pulse width times the magnitude of the current, "
               "summed "
               "over its cells: {:.4g} fJ (K) and {:.4g} fJ (V) for one unit of charge. These make the paper's {:g} "
               "and "
               "{:g} pJ of a 64 x 64 x 16 head of cubic cells with a full window, if all codes are equally likely and "
               "independent (assumed: the paper does not say what its arrays held). Then {:.0f} % of the columns are "
               "silent. The charge-to-pulse blocks are in the paper's sums and follow the charge here, too; columns "
               "that hold no token are taken to draw nothing. DACs: {:g} pJ for 128 conversions, each alike.",
               e.chip.key_pj_per_charge() * 1e3, e.chip.value_pj_per_charge() * 1e3, paper::kKeyArrayPj,
               paper::kValueArrayPj, 100.0 * static_cast<double>(c.silent_columns) / static_cast<double>(c.columns),
               paper::kDacsPj)) +
           note(fmt::format(
               "Digital. The paper's {:g} pJ at 64 x 64 x 16; other sizes in the ratio of synthesized flops, other "
               "schedules in the ratio of cycles. This project's periphery, without clock gates and before layout, "
               "takes "
               "{:.0f} to {:.0f} pJ a token of {:g} ns at 64 x 64 x 16 on a 28 nm-class node by two ways of scaling "
               "({:.0f} pJ in {}; toggles recorded at {}, other sizes by their flops). The paper's power, {:g} mW, "
               "makes "
               "{:.2f} nJ in {:g} ns, not 4 nJ: it can only have been drawn for {:.0f} ns of a token.",
               paper::kDigitalPj, library_pj * digital.factor_low, library_pj * digital.factor_high, paper::kLatencyNs,
               library_pj, escaped(digital.library), escaped(digital.energy_size), paper::kDigitalMw,
               paper::kDigitalMw * paper::kLatencyNs / 1e3, paper::kLatencyNs, paper::kDigitalPj / paper::kDigitalMw));
}

std::string gpu_section(const Estimate& e) {
    std::vector<Row> rows;
    rows.reserve(paper::kGpus.size());
    const double chip_nj = paper::kGpuHeads * e.paper.total() / 1e3;
    for (const paper::Gpu& gpu : paper::kGpus) {
        rows.push_back({gpu.name, fmt::format("{:g} us", gpu.us), fmt::format("{:g} mJ", gpu.mj),
                        fmt::format("{:.0f} (said: {:.0f})", gpu.us * 1e3 / paper::kLatencyNs, gpu.said_faster),
                        fmt::format("{:.0f} (said: {:.0f})", gpu.mj * 1e6 / chip_nj, gpu.said_less_energy)});
    }
    return "<h2>Beside GPUs</h2>\n" +
           table({"attention, 12 heads, 1024 tokens", "time", "energy", "times faster", "times less energy"}, rows) +
           note(fmt::format(
               "From the files that the paper's authors published; the chip: {:g} ns and {:g} x {:.2f} nJ. What the "
               "ratios "
               "are not: the GPUs' figures are those of a batch of 64 divided by 64, a throughput and not one stream's "
               "latency; the time is one head's on the chip and twelve heads' on the GPU, the energy twelve heads' on "
               "both; the chip's figures are simulated, without what feeds it. The ratios to an H100 (100 times "
               "faster, 70,000 times less energy) rest on figures that were not published.",
               paper::kLatencyNs, paper::kGpuHeads, e.paper.total() / 1e3));
}

std::string area_section(const Estimate& e) {
    const auto parts = [](const HeadArea& area) {
        return std::vector<BarPart>{{"gain cells", area.cells},
                                    {"charge-to-pulse and the rest", area.charge_to_pulse},
                                    {"digital", area.digital}};
    };
    const Geometry& geometry = e.options.config.geometry;
    const BarPlot plot{.unit = "mm2",
                       .bars = {{.name = "the paper's head", .parts = parts(e.chip.area(Geometry{}))},
                                {.name = "this head", .parts = parts(e.area)}}};
    const DigitalFigures& digital = e.chip.digital();
    return "<h2>Area of a head</h2>\n" + draw(plot) +
           note(fmt::format(
               "{} gain cells of {:g} um2; digital: {:.1f} kGE of {:g} um2 a NAND2, by a plane through synthesized "
               "sizes "
               "(at most {:.0f} % off these; made by {}). The paper's {:g} mm2 of a 64 x 64 x 16 head leave {:.0f} um2 "
               "for each "
               "of its {} charge-to-pulse blocks, DACs and drivers included; other sizes take as much for each. Before "
               "layout, without wires.",
               gain_cells(geometry), paper::kCellUm2, digital.kge.at(geometry), digital.nand2_um2,
               100.0 * digital.worst_misfit, escaped(digital.command), paper::kHeadMm2, e.chip.um2_per_block(),
               charge_to_pulse_blocks(Geometry{})));
}

std::string prompt_section(const Estimate& e) {
    PlotLine one{.name = fmt::format("every {} ns", e.schedule.latency()), .points = {}};
    PlotLine streamed{.name = fmt::format("every {} ns", e.schedule.interval()), .points = {}};
    std::vector<Row> rows;
    const auto layers = static_cast<double>(e.options.layers);
    for (std::size_t tokens = 1; tokens <= 1024; tokens *= 2) {
        const double slow = layers * e.prompt_ns(tokens, false) / 1e3;
        const double fast = layers * e.prompt_ns(tokens, true) / 1e3;
        one.points.push_back({static_cast<double>(tokens), slow});
        streamed.points.push_back({static_cast<double>(tokens), fast});
        if (tokens == 1 || tokens == 16 || tokens == 128 || tokens == 1024) {
            rows.push_back({fmt::format("{} tokens", tokens), fmt::format("{:.2f} us", slow),
                            fmt::format("{:.2f} us", fast), fmt::format("{:.2f}", slow / fast)});
        }
    }
    return "<h2>What a prompt gains from pipelining</h2>\n" +
           draw(LinePlot{.x_label = "tokens of the prompt",
                         .y_label = "attention, us",
                         .log_x = true,
                         .log_y = true,
                         .lines = {one, streamed},
                         .level_name = ""}) +
           table({"prompt", "sequential", "pipelined", "times faster"}, rows) +
           note(fmt::format(
               "Attention alone, {} layers one after the other, each on the whole prompt. Text that is being "
               "written gains nothing: its next token is not known before the last is done.",
               e.options.layers));
}

std::string retention_section(const Estimate& e) {
    const ModelEstimate& model = *e.model;
    PlotLine line;
    std::vector<Row> rows;
    for (const Retention& point : model.retention) {
        if (point.decay > 0.0) {
            line.points.push_back({point.decay * e.options.tau_s, point.perplexity});
        }
        rows.push_back({point.decay == 0.0 ? "no leakage" : seconds(point.decay * e.options.tau_s),
                        fmt::format("{:.3g}", point.decay), fmt::format("{:.3f}", point.perplexity)});
    }
    const double wanted = model.retention.front().perplexity * (1.0 + e.options.accepted);
    std::string found = "At no measured decay is it that much worse.";
    if (model.limit) {
        constexpr std::array kOxide{1.0, 10.0};
        found = fmt::format(
            "That is so at {} from one token to the next ({:.0f} tokens/s), a decay of {:.2g}; with cells that "
            "keep {} or {}, at {} or {}.",
            seconds(*model.limit * e.options.tau_s), 1.0 / (*model.limit * e.options.tau_s), *model.limit,
            seconds(kOxide[0]), seconds(kOxide[1]), seconds(*model.limit * kOxide[0]),
            seconds(*model.limit * kOxide[1]));
    }
    return "<h2>How slowly may the host generate?</h2>\n" +
           draw(LinePlot{
               .x_label = fmt::format("seconds from token to token, cells that keep {}", seconds(e.options.tau_s)),
               .y_label = "perplexity",
               .log_x = true,
               .lines = {line},
               .level = wanted,
               .level_name = fmt::format("{:g} % worse", 100.0 * e.options.accepted)}) +
           paragraph(fmt::format("How slowly before leakage costs {:g} % of perplexity? {}", 100.0 * e.options.accepted,
                                 found)) +
           table({"token to token", "decay", "perplexity"}, rows) +
           note(fmt::format(
               "{} tokens, window {}: a token's keys and values are read until {} later ones have been written. The "
               "functional engine reads the text with each decay; the weights were not trained again.",
               model.tokens, model.window, model.window - 1));
}

}  // namespace

std::string estimate_page(const Estimate& e) {
    const Quantization& levels = e.options.config.quantization;
    std::string page = kHead;
    page += "<h1>An attention head of gain cells: time, energy, area</h1>\n";
    page +=
        paragraph(fmt::format("Head {} (dimension, tokens a sub-tile, sub-tiles), {} query, {} stored and {} output "
                              "levels, {} cell. Estimates "
                              "that take the paper's figures as their scale (Leroux, Manea et al., Nature "
                              "Computational Science 5, 2025, arXiv "
                              "2409.19315); none is a measurement of a chip.",
                              size_of(e.options.config.geometry), levels.query_levels, levels.store_levels,
                              levels.output_levels, to_string(e.options.config.cell.model)));
    page += latency_section(e) + energy_section(e) + area_section(e) + gpu_section(e) + prompt_section(e);
    if (e.model) {
        page += retention_section(e);
    }
    return page + "</body></html>\n";
}

}  // namespace gca
