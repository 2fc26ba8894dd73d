#include "sim/trace_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "behavioral/error.h"
#include "sim/printable.h"

namespace gca {

namespace {

std::optional<std::size_t> parse_number(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

struct NumberRange {
    std::size_t first;
    std::size_t end;
};

/// "A:B", or "A" for A:A+1; nothing for any other text and for an empty range.
std::optional<NumberRange> parse_range(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::optional<std::size_t> first = parse_number(text.substr(0, colon));
    const std::optional<std::size_t> end =
        colon == std::string_view::npos ? first : parse_number(text.substr(colon + 1));
    if (!first || !end) {
        return std::nullopt;
    }
    const NumberRange range{*first, colon == std::string_view::npos ? *first + 1 : *end};
    return range.first < range.end ? std::optional(range) : std::nullopt;
}

std::string limit(std::size_t size) {
    return size == 0 ? "there is none" : fmt::format("the last one is {}", size - 1);
}

}  // namespace

IndexList::IndexList(std::string option, std::string text)
    : option_(std::move(option)), text_(std::move(text)), all_(text_ == "all") {
    if (all_ || text_ == "none") {
        return;
    }
    for (std::size_t begin = 0; begin <= text_.size();) {
        const std::size_t comma = std::min(text_.find(',', begin), text_.size());
        const auto range = parse_range(std::string_view(text_).substr(begin, comma - begin));
        if (!range) {
            throw InputError(fmt::format("{} is {}: must be all, none or numbers and ranges such as 0,4:8", option_,
                                         printable(text_)));
        }
        ranges_.push_back({range->first, range->end});
        begin = comma + 1;
    }
}

std::vector<std::size_t> IndexList::below(std::size_t size) const {
    std::vector<std::size_t> chosen;
    for (const Range& range : all_ ? std::vector<Range>{{0, size}} : ranges_) {
        if (range.end > size) {
            throw InputError(fmt::format("{} is {}: {}", option_, printable(text_), limit(size)));
        }
        for (std::size_t i = range.first; i < range.end; ++i) {
            chosen.push_back(i);
        }
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
}

TraceSelection resolve(const TraceOptions& options, const Geometry& geometry, std::size_t heads, std::size_t tokens,
                       std::size_t first_token) {
    const auto chosen = parse_range(options.heads);
    if (!chosen) {
        throw InputError(
            fmt::format("--trace-head is {}: must be a number or A:B with A < B", printable(options.heads)));
    }
    if (chosen->end > heads) {
        throw InputError(fmt::format("--trace-head is {}: {}", printable(options.heads), limit(heads)));
    }
    tokens *= chosen->end - chosen->first;
    TraceSelection selection{.file = options.file,
                             .first_head = chosen->first,
                             .end_head = chosen->end,
                             .first_token = first_token,
                             .end_token = tokens};
    if (options.tokens != "all") {
        constexpr std::size_t kTokens = 32;
        const std::string text =
            options.tokens.empty() ? fmt::format("{}:{}", first_token, first_token + kTokens) : options.tokens;
        const auto range = parse_range(text);
        if (!range) {
            throw InputError(fmt::format("--trace-tokens is {}: must be all or A:B with A < B", printable(text)));
        }
        if (range->first >= tokens) {
            throw InputError(fmt::format("--trace-tokens is {}: {}", printable(text), limit(tokens)));
        }
        if (range->end <= first_token) {
            throw InputError(
                fmt::format("--trace-tokens is {}: the run is resumed at token {}", printable(text), first_token));
        }
        selection.first_token = std::max(range->first, first_token);
        selection.end_token = std::min(range->end, tokens);
    }
    selection.tiles = IndexList("--trace-tiles", options.tiles).below(geometry.tiles);
    const std::string first_rows = fmt::format("0:{}", std::min<std::size_t>(geometry.dim, 4));
    selection.rows = IndexList("--trace-rows", options.rows.empty() ? first_rows : options.rows).below(geometry.dim);
    // The two arrays of a sub-tile may differ in their number of bit lines.
    const auto lines =
        IndexList("--trace-columns", options.columns).below(std::max(geometry.tile_tokens, geometry.dim));
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(selection.k_lines),
                 [&](std::size_t line) { return line < geometry.tile_tokens; });
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(selection.v_lines),
                 [&](std::size_t line) { return line < geometry.dim; });
    return selection;
}

}  // namespace gca
