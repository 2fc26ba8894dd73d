// Checkpoints: every head of a run after its first tokens, in one file, so that experiments on later tokens need not
// fill the window again.
//
// The file, little-endian:
//   "gcastate", then the format's version (4 bytes, kCheckpointVersion), then sections up to the end of the file:
//   name (8 bytes, zero-padded), length of the payload (8), CRC-32 of name, length and payload (4), payload
//     build    text: build_id
//     run      8 bytes each: results taken of each head, number of heads, window
//     config   number of keys in force (8), then key and value as texts (length in 8 bytes, characters)
//   and for every head
//     head     tokens accepted (8), CRC-32 of their codes (4)
//     host     the host and its clock (sim/rtl_engine.cpp)
//     analog   arrays and charge-to-pulse blocks (sim/analog_bridge.cpp)
//     rtl      flops and pins, as Verilator saves them (sim/verilated_state.h)
//
// Only the build that wrote a file reads it, for the same configuration and window. Mode, back-pressure, seed and
// threads are free, and so are the tokens that the heads have not accepted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "behavioral/config.h"
#include "sim/rtl_engine.h"
#include "sim/sequences.h"

namespace gca {

inline constexpr std::uint32_t kCheckpointVersion = 1;

/// As the user says it: after `tokens` results of every head, to `file`.
struct CheckpointOptions {
    std::size_t tokens = 0;
    std::filesystem::path file;
};

/// What a checkpoint belongs to. Must outlive whatever is given it.
struct CheckpointRun {
    const Config& config;
    std::size_t window;
    const Sequences& sequences;
};

struct Checkpoint {
    std::size_t tokens = 0;  ///< results taken of each head: the first token that a resumed run gives
    std::vector<HeadState> heads;
};

[[nodiscard]] std::string format_checkpoint(const Checkpoint& checkpoint, const CheckpointRun& run);

/// Reads what `format_checkpoint` gave; `name` stands for the file in messages. Safe for bytes from strangers. Throws
/// InputError of one line for a file that is damaged, cut short, of another build or does not belong to `run`.
[[nodiscard]] Checkpoint parse_checkpoint(std::span<const std::byte> bytes, const std::string& name,
                                          const CheckpointRun& run);

[[nodiscard]] Checkpoint read_checkpoint(const std::filesystem::path& file, const CheckpointRun& run);

/// Collects the heads' states as they come, from any thread, and writes the file when all are there.
class CheckpointWriter {
 public:
    /// For a run whose results begin with token `first`. Throws InputError if the run has no such token, or the file
    /// cannot be written.
    CheckpointWriter(const CheckpointOptions& options, const CheckpointRun& run, std::size_t first);

    void add(HeadState state);

 private:
    CheckpointOptions options_;
    CheckpointRun run_;
    std::mutex mutex_;
    Checkpoint checkpoint_;
    std::size_t missing_;
};

}  // namespace gca
