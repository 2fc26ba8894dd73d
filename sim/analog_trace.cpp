#include "sim/analog_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "sim/bits.h"

namespace gca {

namespace {

constexpr double kPsPerCycle = 1000.0;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

std::uint64_t to_ps(double time) {
    return static_cast<std::uint64_t>(std::llround(time));
}

/// "c07": as many digits as the last one of `size` needs, so that names sort.
std::string indexed(char letter, std::size_t index, std::size_t size) {
    return fmt::format("{}{:0{}}", letter, index, std::to_string(size - 1).size());
}

}  // namespace

void AnalogTrace::integrate(std::vector<Line>& lines, double time) {
    for (Line& line : lines) {
        line.charge += line.slope * time;
    }
}

AnalogTrace::AnalogTrace(const Config& config, TraceSelection selection, const AnalogBridge& bridge,
                         const HeadPins& pins, TraceSignals& signals)
    : bridge_(&bridge),
      pins_(pins),
      signals_(&signals),
      selection_(std::move(selection)),
      geometry_(config.geometry),
      full_scale_(config.charge_to_pulse),
      s3_longest_((config.quantization.query_levels - 1) * kPsPerCycle),
      s5_longest_((config.quantization.output_levels - 1) * kPsPerCycle),
      widths_(geometry_.capacity(), 0.0),
      charges_(geometry_.tiles * geometry_.dim, 0.0) {
    for (const auto& [name, value] :
         {std::pair("s3_comparator", 0.0), std::pair("s3_longest_pulse", full_scale_.s_sat),
          std::pair("s5_comparator", 0.0), std::pair("s5_longest_pulse", full_scale_.a_sat)}) {
        signals.add({"analog", "thresholds"}, name, TraceSignals::Kind::real, value);
    }
    for (const std::size_t index : selection_.tiles) {
        Tile tile{.index = index};
        tile.k_lines = add_lines(index, Array::key);
        tile.v_lines = add_lines(index, Array::value);
        tile.key_cells = add_cells(tile, "s0_key_v");
        tile.value_cells = add_cells(tile, "s0_value_v");
        tile.cell_charges.resize(tile.k_lines.size() * geometry_.dim);
        tiles_.push_back(std::move(tile));
    }
    for (const Tile& tile : tiles_) {
        for (std::size_t line = 0; line < tile.k_lines.size(); ++line) {
            show_cells(Array::key, tile, line);
            show_cells(Array::value, tile, line);
        }
    }
}

std::vector<AnalogTrace::Line> AnalogTrace::add_lines(std::size_t tile, Array array) {
    using Kind = TraceSignals::Kind;
    const bool key = array == Array::key;
    const std::vector<std::size_t>& indices = key ? selection_.k_lines : selection_.v_lines;
    const std::size_t lines_a_tile = key ? geometry_.tile_tokens : geometry_.dim;
    std::vector<Line> lines(indices.size());
    const auto add = [&](const char* stage, Kind kind, std::size_t Line::*signal) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            lines[i].*signal = signals_->add({"analog", fmt::format("tile_{}", tile), stage},
                                             indexed(key ? 'c' : 'e', indices[i], lines_a_tile), kind, 0.0);
        }
    };
    for (std::size_t i = 0; i < lines.size(); ++i) {
        lines[i].index = tile * lines_a_tile + indices[i];
    }
    add(key ? "s2_charge" : "s4_charge", Kind::real, &Line::charge_signal);
    add(key ? "s3_ramp" : "s5_ramp", Kind::real, &Line::ramp_signal);
    add(key ? "s3_pulse" : "s5_pulse", Kind::bit, &Line::pulse_signal);
    add(key ? "s3_width_ns" : "s5_width_ns", Kind::real, &Line::width_signal);
    if (!key) {
        add("s5_negative", Kind::bit, &Line::negative_signal);
    }
    return lines;
}

std::size_t AnalogTrace::add_cells(const Tile& tile, const char* stage) {
    const std::size_t first = signals_->all().size();
    for (const std::size_t column : selection_.k_lines) {
        for (const std::size_t row : selection_.rows) {
            signals_->add({"analog", fmt::format("tile_{}", tile.index), stage},
                          indexed('c', column, geometry_.tile_tokens) + indexed('r', row, geometry_.dim),
                          TraceSignals::Kind::real, 0.0);
        }
    }
    return first;
}

void AnalogTrace::show_cells(Array array, const Tile& tile, std::size_t line) {
    const bool key = array == Array::key;
    const std::size_t first = (key ? tile.key_cells : tile.value_cells) + line * selection_.rows.size();
    const std::size_t column = tile.k_lines[line].index;
    for (std::size_t i = 0; i < selection_.rows.size(); ++i) {
        const std::size_t row = selection_.rows[i];
        signals_->set(first + i,
                      key ? bridge_->keys().cell_volts(column, row) : bridge_->values().cell_volts(column, row));
    }
}

void AnalogTrace::show_column(Array array, std::size_t column) {
    for (const Tile& tile : tiles_) {
        for (std::size_t line = 0; line < tile.k_lines.size(); ++line) {
            if (tile.k_lines[line].index == column) {
                show_cells(array, tile, line);
            }
        }
    }
}

void AnalogTrace::discharged(Array array, std::size_t column) {
    show_column(array, column);
}

void AnalogTrace::written(Array array, std::size_t column, std::span<const std::uint8_t> /*codes*/) {
    show_column(array, column);
}

void AnalogTrace::aged(Array array) {
    const bool leaks = array == Array::key ? bridge_->keys().leaks() : bridge_->values().leaks();
    for (const Tile& tile : tiles_) {
        for (std::size_t line = 0; leaks && line < tile.k_lines.size(); ++line) {
            show_cells(array, tile, line);
        }
    }
}

void AnalogTrace::scored(std::span<const std::uint8_t> /*cycles*/, std::span<const double> charge,
                         std::span<const double> width) {
    mix_begin_ = static_cast<double>(now_);
    std::fill(widths_.begin(), widths_.end(), 0.0);
    for (Tile& tile : tiles_) {
        for (Line& line : tile.k_lines) {
            const bool used = line.index < charge.size();
            const double x = used ? width[line.index] : 0.0;
            line.charge = used ? charge[line.index] : line.charge;
            line.ramp_top = x > 0.0 ? std::min(line.charge, full_scale_.s_sat) : 0.0;
            line.pulse_end = x > 0.0 ? to_ps(mix_begin_ + x * s3_longest_) : 0;
            signals_->set(line.width_signal, x * s3_longest_ / kPsPerCycle);
        }
        begin_mix(tile, width);
    }
}

void AnalogTrace::begin_mix(Tile& tile, std::span<const double> width) {
    tile.edges.clear();
    tile.next_edge = 0;
    for (Line& line : tile.v_lines) {
        line.charge = 0.0;
        line.slope = 0.0;
    }
    const std::size_t first = tile.index * geometry_.tile_tokens;
    for (std::size_t column = first; column < std::min(first + geometry_.tile_tokens, width.size()); ++column) {
        widths_[column] = width[column];
        if (width[column] == 0.0) {
            continue;
        }
        tile.edges.push_back({mix_begin_ + width[column] * s3_longest_, column});
        for (Line& line : tile.v_lines) {
            line.slope += bridge_->values().cell_charge(column, line.index % geometry_.dim) / s3_longest_;
        }
    }
    std::sort(tile.edges.begin(), tile.edges.end(), [](const Edge& a, const Edge& b) { return a.time < b.time; });
}

void AnalogTrace::mixed(std::span<const double> /*width*/, std::span<const std::int8_t> /*counts*/) {
    emit_begin_ = static_cast<double>(now_);
    bridge_->values().read(widths_, charges_);
    for (Tile& tile : tiles_) {
        for (Line& line : tile.v_lines) {
            line.charge = charges_[line.index];
            line.slope = 0.0;
            line.ramp_top = std::min(std::fabs(line.charge), full_scale_.a_sat);
            const double width = line.ramp_top / full_scale_.a_sat * s5_longest_;
            line.pulse_end = width > 0.0 ? to_ps(emit_begin_ + width) : 0;
            signals_->set(line.width_signal, width / kPsPerCycle);
            signals_->set(line.negative_signal, line.charge < 0.0 ? 1.0 : 0.0);
        }
    }
}

void AnalogTrace::step_score() {
    const bool begins = !scoring_;
    high_rows_.clear();
    for (std::size_t row = 0; row < geometry_.dim; ++row) {
        if (get_field(pins_.k_pulse, row, 1) != 0) {
            high_rows_.push_back(row);
        }
    }
    for (Tile& tile : tiles_) {
        for (std::size_t i = 0; i < tile.k_lines.size(); ++i) {
            Line& line = tile.k_lines[i];
            double* const charges = &tile.cell_charges[i * geometry_.dim];
            if (begins) {
                line.charge = 0.0;
                for (std::size_t row = 0; row < geometry_.dim; ++row) {
                    charges[row] = bridge_->keys().cell_charge(line.index, row) / s3_longest_;
                }
            }
            line.slope = 0.0;
            for (const std::size_t row : high_rows_) {
                line.slope += charges[row];
            }
        }
    }
}

void AnalogTrace::stepped(std::uint64_t /*cycle*/) {
    const bool scores = *pins_.c2p1_integrate != 0;
    if (scores) {
        step_score();
    }
    for (Tile& tile : tiles_) {
        for (Line& line : tile.k_lines) {
            line.slope = scores ? line.slope : 0.0;
            line.charge = *pins_.c2p1_reset != 0 ? 0.0 : line.charge;
        }
        for (Line& line : tile.v_lines) {
            line.charge = *pins_.c2p2_reset != 0 ? 0.0 : line.charge;
        }
    }
    turned_ = turns();
    scoring_ = scores;
    mixing_ = *pins_.c2p1_emit != 0;
    emitting_ = *pins_.c2p2_emit != 0;
}

bool AnalogTrace::turns() const {
    return scoring_ != (*pins_.c2p1_integrate != 0) || mixing_ != (*pins_.c2p1_emit != 0) ||
           emitting_ != (*pins_.c2p2_emit != 0);
}

std::uint64_t AnalogTrace::next_point(std::uint64_t now) const {
    if (!scoring_ && !mixing_ && !emitting_ && !turns()) {
        return kNever;
    }
    std::uint64_t next = (now / kGridPs + 1) * kGridPs;
    next -= turns() && now + 1 < next ? 1 : 0;
    for (const Tile& tile : tiles_) {
        if (mixing_ && tile.next_edge < tile.edges.size()) {
            next = std::min(next, std::max(to_ps(tile.edges[tile.next_edge].time), now + 1));
        }
        if (emitting_) {
            for (const Line& line : tile.v_lines) {
                next = line.pulse_end > now ? std::min(next, line.pulse_end) : next;
            }
        }
    }
    return next;
}

void AnalogTrace::show_block(const Line& line, double full_scale, double longest, double begin, bool emitting,
                             bool again) {
    const double ramp = line.ramp_top - full_scale / longest * (static_cast<double>(now_) - begin);
    signals_->set(line.charge_signal, line.charge);
    signals_->set(line.ramp_signal, emitting && line.pulse_end > now_ ? std::max(ramp, 0.0) : 0.0);
    signals_->set(line.pulse_signal, emitting && line.pulse_end > now_ ? 1.0 : 0.0);
    if (again) {
        signals_->write_again(line.charge_signal);
        signals_->write_again(line.ramp_signal);
    }
}

void AnalogTrace::settle(std::uint64_t time) {
    const auto from = static_cast<double>(now_);
    const auto to = static_cast<double>(time);
    now_ = time;
    const bool again = std::exchange(turned_, false) || (turns() && (time + 1) % kGridPs == 0);
    for (Tile& tile : tiles_) {
        integrate(tile.k_lines, to - from);
        double reached = from;
        for (; mixing_ && tile.next_edge < tile.edges.size() && to_ps(tile.edges[tile.next_edge].time) <= time;
             ++tile.next_edge) {
            const Edge& edge = tile.edges[tile.next_edge];
            integrate(tile.v_lines, edge.time - reached);
            reached = edge.time;
            for (Line& line : tile.v_lines) {
                line.slope -= bridge_->values().cell_charge(edge.column, line.index % geometry_.dim) / s3_longest_;
            }
        }
        integrate(tile.v_lines, to - reached);
        for (const Line& line : tile.k_lines) {
            show_block(line, full_scale_.s_sat, s3_longest_, mix_begin_, mixing_, again);
        }
        for (const Line& line : tile.v_lines) {
            show_block(line, full_scale_.a_sat, s5_longest_, emit_begin_, emitting_, again);
        }
    }
}

}  // namespace gca
