// Where the records of one token part: the first stage at which an engine gives something else than the reference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "behavioral/config.h"
#include "sim/stage_record.h"

namespace gca {

enum class Stage {
    s0_write,
    s1_query,
    s2_column_charge,
    s3_column_pulse,
    s4_charge,
    s5_pulse,
    s6_count,
    s7_sum,
    s8_delivered,
};

/// "S0" .. "S8", and what is there: "write", "query pulse", ...
[[nodiscard]] std::string stage_label(Stage stage);
[[nodiscard]] std::string_view stage_name(Stage stage);

/// What is compared, with its unit.
enum class Quantity { column, code, volts, cycles, charge, width_ns, value };

struct Difference {
    Stage stage = Stage::s0_write;
    Quantity quantity = Quantity::value;
    std::optional<std::uint64_t> cycle;  ///< in which the stage had its value complete; rtl engine only
    std::string_view array;              ///< of S0: "K" or "V"
    std::optional<std::size_t> token;    ///< whose column it is
    std::optional<std::size_t> column;
    std::optional<std::size_t> row;
    std::optional<std::size_t> tile;
    std::optional<std::size_t> output;
    double expected = 0.0;
    std::optional<double> got;  ///< empty: nothing was seen
};

/// The first stage at which `got` differs from `expected` in what `output` depends on; without `output`, in anything.
/// Codes, columns, cycles and counts must be equal, charges and widths within 1e-9 of full scale. What follows a value
/// within 1e-9 of a threshold is compared with what `got` itself has one stage earlier.
[[nodiscard]] std::optional<Difference> first_difference(const Config& config, const StageRecord& expected,
                                                         const StageRecord& got, std::optional<std::size_t> output);

/// "cycle 391, stage S6 (counter), sub-tile 2, output 3: expected +3, got +2"
[[nodiscard]] std::string format_difference(const Difference& difference);
/// The part before the colon without cycle and stage.
[[nodiscard]] std::string format_place(const Difference& difference);
/// "column", "code", "V", "cycles", "charge", "ns" or "value" (counts, steps or sums).
[[nodiscard]] std::string_view to_string(Quantity quantity);
/// A value with its unit, as in "3.214 ns".
[[nodiscard]] std::string format_quantity(Quantity quantity, double value);

}  // namespace gca
