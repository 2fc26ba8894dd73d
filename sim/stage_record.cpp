#include "sim/stage_record.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "sim/bits.h"

namespace gca {

namespace {

constexpr double kPapersLongestPulse = 15.0;
// Of Schedule::deliver_cycles, those that the adder bank takes.
constexpr unsigned kAdderStages = 2;

std::vector<StoredToken> seen_tokens(std::size_t window, std::size_t token) {
    std::vector<StoredToken> stored(std::min(window, token + 1));
    for (std::size_t i = 0; i < stored.size(); ++i) {
        stored[i].token = token + 1 - stored.size() + i;
    }
    return stored;
}

std::vector<double> to_doubles(const auto& values) {
    return {values.begin(), values.end()};
}

/// What both models tell in the same way.
StageRecord model_record(const Config& config, const StepResult& result, const Probe& probe) {
    StageRecord record;
    record.query = probe.x;
    for (double& cycles : record.query) {
        cycles *= longest_query_cycles(config.quantization);
    }
    record.column_charge = probe.s;
    record.column_width = probe.phi;
    record.charge = probe.a;
    record.count = probe.out;
    record.sum = result.y;
    for (double& sum : record.sum) {
        sum *= output_scale(config.quantization);
        if (config.quantization.output != OutputQuantizer::off) {
            sum = std::round(sum);
        }
    }
    return record;
}

}  // namespace

bool undecidable(const StageRecord& reference, std::size_t output) {
    const std::size_t dim = reference.sum.size();
    for (std::size_t i = output; i < reference.near.size(); i += dim) {
        if (reference.near[i] != 0) {
            return true;
        }
    }
    return false;
}

double longest_query_cycles(const Quantization& quantization) {
    return quantization.query_levels == 0 ? kPapersLongestPulse : quantization.query_levels - 1;
}

double longest_output_cycles(const Quantization& quantization) {
    return quantization.output == OutputQuantizer::off ? kPapersLongestPulse : quantization.output_levels - 1;
}

double output_scale(const Quantization& quantization) {
    switch (quantization.output) {
        case OutputQuantizer::counter:
            return quantization.output_levels - 1;
        case OutputQuantizer::mid_tread:
            return (2.0 * quantization.output_levels - 1.0) / 2.0;
        case OutputQuantizer::off:
            break;
    }
    return 1.0;
}

StageRecorder::StageRecorder(const Config& config, std::size_t window, std::size_t token, std::size_t output,
                             const RtlEngine& engine)
    : geometry_(config.geometry),
      output_levels_(config.quantization.output_levels),
      count_delay_(Schedule::of_levels(config.quantization.query_levels, output_levels_).deliver_cycles - kAdderStages -
                   1),
      output_(output),
      engine_(engine) {
    record_.token = token;
    record_.cells = CellUnit::code;
    record_.stored = seen_tokens(window, token);
}

void StageRecorder::discharged(Array /*array*/, std::size_t /*column*/) {}

void StageRecorder::aged(Array /*array*/) {}

void StageRecorder::written(Array array, std::size_t column, std::span<const std::uint8_t> codes) {
    const std::size_t token = array == Array::key ? keys_written_++ : values_written_++;
    const std::size_t oldest = record_.stored.front().token;
    if (token < oldest || token > record_.token) {
        return;
    }
    StoredToken& stored = record_.stored[token - oldest];
    ColumnWrite& write = array == Array::key ? stored.key : stored.value;
    write.column = column;
    write.cells = to_doubles(codes);
    of_this_cycle_.push_back(&write.cycle);
}

void StageRecorder::scored(std::span<const std::uint8_t> cycles, std::span<const double> charge,
                           std::span<const double> width) {
    if (scored_++ == record_.token) {
        record_.query = to_doubles(cycles);
        record_.column_charge = to_doubles(charge);
        record_.column_width = to_doubles(width);
        of_this_cycle_.push_back(&record_.scored_cycle);
    }
}

void StageRecorder::mixed(std::span<const double> width, std::span<const std::int8_t> counts) {
    if (mixed_++ != record_.token) {
        return;
    }
    const ValueArray& values = engine_.bridge().values();
    record_.charge.resize(counts.size());
    values.read(width, record_.charge);
    record_.pulse = to_doubles(counts);
    record_.value_cell.resize(width.size());
    for (std::size_t column = 0; column < width.size(); ++column) {
        record_.value_cell[column] = values.cell_charge(column, output_);
    }
    of_this_cycle_.push_back(&record_.mixed_cycle);
}

void StageRecorder::accepted(std::size_t token, std::uint64_t cycle) {
    if (token == record_.token) {
        record_.accepted_cycle = cycle;
    }
}

void StageRecorder::taken(std::size_t token, std::uint64_t cycle, std::span<const std::int32_t> sums) {
    taken_ = token + 1;
    if (token == record_.token) {
        record_.delivered = to_doubles(sums);
        record_.delivered_cycle = cycle;
    }
}

void StageRecorder::stepped(std::uint64_t cycle) {
    for (std::optional<std::uint64_t>* event : of_this_cycle_) {
        *event = cycle;
    }
    of_this_cycle_.clear();

    const HeadPins& pins = engine_.pins();
    const bool emits = *pins.c2p2_emit != 0;
    if (emitting_ && !emits && emitted_++ == record_.token) {
        count_due_ = cycle + count_delay_;
    }
    emitting_ = emits;
    if (count_due_ == cycle) {
        read_counts();
        record_.counted_cycle = cycle;
    }
    if (*pins.result_valid != 0 && taken_ == record_.token && !record_.summed_cycle) {
        read_sum();
        record_.summed_cycle = cycle;
    }
}

void StageRecorder::read_counts() {
    const HeadPins& pins = engine_.pins();
    const auto bits = static_cast<unsigned>(std::bit_width(output_levels_ - 1));
    record_.count.resize(geometry_.tiles * geometry_.dim);
    for (std::size_t i = 0; i < record_.count.size(); ++i) {
        const std::size_t tile = i / geometry_.dim;
        const std::size_t output = i % geometry_.dim;
        unsigned count = 0;
        for (unsigned bit = 0; bit < bits; ++bit) {
            count |= get_field(pins.count, (tile * bits + bit) * geometry_.dim + output, 1) << bit;
        }
        record_.count[i] = get_field(pins.count_sign, i, 1) != 0 ? -static_cast<double>(count) : count;
    }
}

void StageRecorder::read_sum() {
    const auto bits = static_cast<unsigned>(std::bit_width(geometry_.tiles * (output_levels_ - 1))) + 1;
    record_.sum.resize(geometry_.dim);
    for (std::size_t output = 0; output < geometry_.dim; ++output) {
        record_.sum[output] = sign_extend(get_field(engine_.pins().sum, output, bits), bits);
    }
}

StageRecord functional_record(const Config& config, std::size_t window, std::size_t token, std::size_t output,
                              const FunctionalHead& head, const StepResult& result, const Probe& probe) {
    StageRecord record = model_record(config, result, probe);
    record.token = token;
    record.cells = CellUnit::volts;
    record.stored = seen_tokens(window, token);
    for (StoredToken& stored : record.stored) {
        const std::size_t column = stored.token % window;
        stored.key.column = column;
        stored.value.column = column;
        for (std::size_t row = 0; row < config.geometry.dim; ++row) {
            stored.key.cells.push_back(head.keys().cell_volts(column, row));
            stored.value.cells.push_back(head.values().cell_volts(column, row));
        }
    }
    record.value_cell.resize(record.column_width.size());
    for (std::size_t column = 0; column < record.value_cell.size(); ++column) {
        record.value_cell[column] = head.values().cell_charge(column, output);
    }
    return record;
}

StageRecord reference_record(const Config& config, std::size_t first_index, CellUnit unit, const Reference& reference,
                             const StepResult& result, const Probe& probe) {
    StageRecord record = model_record(config, result, probe);
    record.pulse = record.count;
    record.delivered = record.sum;
    const std::span<const std::uint8_t> near = reference.near_threshold_tiles();
    record.near.assign(near.begin(), near.end());
    record.cells = unit;
    for (std::size_t i = 0; i < reference.seen_tokens(); ++i) {
        const Reference::Seen seen = reference.seen(i);
        const auto write = [&](std::span<const double> written_u) {
            ColumnWrite column{.column = seen.column, .cycle = {}, .cells = {}};
            for (const double u : written_u) {
                const double steps = (u + kOffsetV) / kSupplyV * (config.quantization.store_levels - 1.0);
                column.cells.push_back(unit == CellUnit::code ? std::round(steps) : kOffsetV + seen.voltage_factor * u);
            }
            return column;
        };
        record.stored.push_back(
            {.token = first_index + seen.index, .key = write(seen.key_u), .value = write(seen.value_u)});
    }
    record.token = record.stored.back().token;
    return record;
}

}  // namespace gca
