// What one token looked like at each stage of its way through a head: recorded from an engine, or worked out by the
// reference. stage_compare.h finds where two records of the same token part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/functional_head.h"
#include "behavioral/head.h"
#include "behavioral/reference.h"
#include "sim/rtl_engine.h"

namespace gca {

/// A column of one array as a token was written to it.
struct ColumnWrite {
    std::optional<std::size_t> column;   ///< empty where no write was seen
    std::optional<std::uint64_t> cycle;  ///< when it was complete
    std::vector<double> cells;           ///< [dim] codes or volts, see StageRecord::cells
};

/// A token that the record's token attends to (itself too).
struct StoredToken {
    std::size_t token = 0;
    ColumnWrite key;
    ColumnWrite value;
};

enum class CellUnit {
    code,   ///< of the DAC, as written
    volts,  ///< as read
};

/// Vectors are empty where the engine has no such stage. Cycles are those of the rtl engine.
struct StageRecord {
    std::size_t token = 0;
    CellUnit cells = CellUnit::code;
    std::vector<StoredToken> stored;    ///< S0, oldest first
    std::vector<double> query;          ///< S1 [dim] widths of the query's pulses in cycles
    std::vector<double> column_charge;  ///< S2 [columns]
    std::vector<double> column_width;   ///< S3 [columns] fractions of the longest pulse
    std::vector<double> charge;         ///< S4 [tiles][dim]
    std::vector<double> pulse;          ///< S5 [tiles][dim] signed: how many samples of the clock see it
    std::vector<double> count;          ///< S6 [tiles][dim] signed counts (or what else the output quantiser gives)
    std::vector<double> sum;            ///< S7 [dim] in the same unit
    std::vector<double> delivered;      ///< S8 [dim] what the host took

    std::vector<double> value_cell;  ///< [columns] charge of one output's V cells for the longest pulse
    std::vector<std::uint8_t> near;  ///< [tiles][dim] 1: within 1e-9 of a threshold (reference only)

    std::optional<std::uint64_t> accepted_cycle;
    std::optional<std::uint64_t> scored_cycle;  ///< S1 has ended, S3 begins to emit
    std::optional<std::uint64_t> mixed_cycle;   ///< S4 has ended, S5 begins to emit
    std::optional<std::uint64_t> counted_cycle;
    std::optional<std::uint64_t> summed_cycle;
    std::optional<std::uint64_t> delivered_cycle;
};

/// Whether a sub-tile of `output` is near a threshold in the reference's record: its count may be one up or down.
[[nodiscard]] bool undecidable(const StageRecord& reference, std::size_t output);

/// The longest pulse of S1 and S3, and that of S5, in cycles (of 1 ns). A converter that is off has the paper's.
[[nodiscard]] double longest_query_cycles(const Quantization& quantization);
[[nodiscard]] double longest_output_cycles(const Quantization& quantization);

/// Counts or steps of the output quantiser for an output of 1.
[[nodiscard]] double output_scale(const Quantization& quantization);

/// Records one token of the sequence that the rtl engine runs next. Tokens pass every stage in order, so the n-th event
/// of a kind is token n's.
class StageRecorder final : public HeadObserver {
 public:
    /// `token` of a sequence in a window of `window`; `output`: of StageRecord::value_cell.
    StageRecorder(const Config& config, std::size_t window, std::size_t token, std::size_t output,
                  const RtlEngine& engine);

    [[nodiscard]] const StageRecord& record() const { return record_; }

    void discharged(Array array, std::size_t column) override;
    void written(Array array, std::size_t column, std::span<const std::uint8_t> codes) override;
    void scored(std::span<const std::uint8_t> cycles, std::span<const double> charge,
                std::span<const double> width) override;
    void mixed(std::span<const double> width, std::span<const std::int8_t> counts) override;
    void aged(Array array) override;
    void stepped(std::uint64_t cycle) override;
    void accepted(std::size_t token, std::uint64_t cycle) override;
    void taken(std::size_t token, std::uint64_t cycle, std::span<const std::int32_t> sums) override;

 private:
    void read_counts();
    void read_sum();

    Geometry geometry_;
    unsigned output_levels_;
    unsigned count_delay_;  ///< from the first cycle after an emit phase to the one in which the counters are complete
    std::size_t output_;
    const RtlEngine& engine_;
    StageRecord record_;

    // Events of the sequence so far, by kind.
    std::size_t keys_written_ = 0;
    std::size_t values_written_ = 0;
    std::size_t scored_ = 0;
    std::size_t mixed_ = 0;
    std::size_t emitted_ = 0;
    std::size_t taken_ = 0;
    bool emitting_ = false;
    std::optional<std::uint64_t> count_due_;                    ///< the cycle in which the counters are complete
    std::vector<std::optional<std::uint64_t>*> of_this_cycle_;  ///< what happened in the cycle that is under way
};

/// The record of the token that the functional head has just stepped through.
[[nodiscard]] StageRecord functional_record(const Config& config, std::size_t window, std::size_t token,
                                            std::size_t output, const FunctionalHead& head, const StepResult& result,
                                            const Probe& probe);

/// The same of the reference, where token `first_index` of the sequence was its first; cells in `unit`.
[[nodiscard]] StageRecord reference_record(const Config& config, std::size_t first_index, CellUnit unit,
                                           const Reference& reference, const StepResult& result, const Probe& probe);

}  // namespace gca
