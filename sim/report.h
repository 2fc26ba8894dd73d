// What a run says of itself: the table at its end and the JSON report.
#pragma once

#include <filesystem>
#include <string>

#include "behavioral/config.h"
#include "sim/run.h"
#include "sim/sequences.h"

namespace gca {

[[nodiscard]] std::string format_table(const Config& config, const Sequences& sequences, const RunOptions& options,
                                       const RunResult& result);

/// Writes the same facts as JSON, under a temporary name first. Throws InputError if the file cannot be written.
void write_report(const std::filesystem::path& file, const Config& config, const Sequences& sequences,
                  const RunOptions& options, const RunResult& result);

}  // namespace gca
