// `gca explain`: where one output came from, and where the engine parts from the reference. `gca run` asks the same of
// the first output that differs.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "behavioral/config.h"
#include "sim/run.h"
#include "sim/sequences.h"
#include "sim/stage_compare.h"
#include "sim/stage_record.h"

namespace gca {

/// One output of a run.
struct OutputPlace {
    std::size_t head = 0;
    std::size_t token = 0;
    std::size_t output = 0;
};

/// What one column adds to an output.
struct Contribution {
    std::size_t token = 0;
    std::size_t column = 0;
    double column_charge = 0.0;  ///< S2
    double width_ns = 0.0;       ///< S3
    double cell = 0.0;           ///< charge of its V cell for the longest pulse
    double charge = 0.0;         ///< what it adds to the charge of the bit line
};

/// One sub-tile that holds a token, as the output sees it.
struct TileShare {
    static constexpr std::size_t kShown = 3;

    std::size_t tile = 0;
    std::size_t columns = 0;    ///< that hold a token
    std::size_t pulsed = 0;     ///< of these: S3 gave a pulse,
    std::size_t saturated = 0;  ///< and the longest
    double charge = 0.0;        ///< S4
    double pulse_ns = 0.0;      ///< S5
    double count = 0.0;         ///< S6
    double expected_charge = 0.0;
    double expected_count = 0.0;
    bool clipped = false;               ///< the charge is beyond full scale
    bool full = false;                  ///< the counter's last level
    bool near = false;                  ///< the reference is within 1e-9 of a threshold
    std::vector<Contribution> largest;  ///< at most kShown, largest first
    double others = 0.0;                ///< charge of the columns that are not among these
};

struct Explanation {
    OutputPlace place;
    std::size_t window = 0;
    StageRecord got;
    StageRecord expected;
    std::vector<TileShare> tiles;  ///< those in use
    double sum = 0.0;              ///< S7
    double expected_sum = 0.0;
    double y = 0.0;  ///< output scaler applied
    double expected_y = 0.0;
    std::size_t undecidable = 0;  ///< outputs of the token that are near a threshold
    /// The first of the output's own way through the head; where there is none, of the token's other outputs.
    std::optional<Difference> difference;
    bool elsewhere = false;  ///< the difference is in the way of other outputs alone
};

/// Runs the token through the engine of `options` (rtl or functional) as `gca run --threads 1` would, cycle by cycle:
/// the heads before `place.head` come first. Throws InputError for a place that the input does not have.
[[nodiscard]] Explanation explain(const Config& config, const Sequences& sequences, const RunOptions& options,
                                  const OutputPlace& place);

/// The stage of a run's first mismatch, by such a replay; left out where that would take long.
[[nodiscard]] Location locate(const Config& config, const Sequences& sequences, const RunOptions& options,
                              const Mismatch& first);

}  // namespace gca
