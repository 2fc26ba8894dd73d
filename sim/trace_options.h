// What a waveform shows: which tokens of which heads, and which part of the analog side.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "behavioral/config.h"

namespace gca {

/// Whole numbers from 0 on, chosen by a text like "0,4:8" (0 and 4 to 7), "all" or "none".
class IndexList {
 public:
    /// Throws InputError, naming `option`, for any other text.
    IndexList(std::string option, std::string text);

    /// Those below `size`, sorted, each once. Throws InputError if the text names one that is not.
    [[nodiscard]] std::vector<std::size_t> below(std::size_t size) const;

 private:
    struct Range {
        std::size_t first;
        std::size_t end;
    };

    std::string option_;
    std::string text_;
    bool all_;
    std::vector<Range> ranges_;
};

/// As the user says it.
struct TraceOptions {
    std::filesystem::path file;
    std::string heads = "0";      ///< H, or A:B (B not included): these run one after the other through one engine
    std::string tokens;           ///< A:B (B not included) of them all, or "all"; "": the first 32
    std::string tiles = "0";      ///< sub-tiles whose analog side is shown
    std::string columns = "all";  ///< bit lines of each: tokens' columns of the K array, outputs of the V array
    std::string rows;  ///< rows of these columns whose cells' voltages are shown, in both arrays; "": the first four
};

/// The same for a geometry and an input.
struct TraceSelection {
    std::filesystem::path file;
    std::size_t first_head = 0;
    std::size_t end_head = 0;
    std::size_t first_token = 0;  ///< counted from the first token of first_head
    std::size_t end_token = 0;
    std::vector<std::size_t> tiles;
    std::vector<std::size_t> k_lines;  ///< bit lines of the K array: columns of a sub-tile
    std::vector<std::size_t> v_lines;  ///< bit lines of the V array: outputs
    std::vector<std::size_t> rows;
};

/// For a run whose results begin with token `first_token`. Throws InputError that names the option, what it says and
/// the limit.
[[nodiscard]] TraceSelection resolve(const TraceOptions& options, const Geometry& geometry, std::size_t heads,
                                     std::size_t tokens, std::size_t first_token = 0);

}  // namespace gca
