#include "sim/config_suggestion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/config_keys.h"
#include "sim/config_text.h"

namespace gca::config_schema {

namespace {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_previous;
    std::vector<std::size_t> previous(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        current[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before_previous = std::exchange(previous, current);
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before_previous[j - 2] + 1);
            }
        }
    }
    return current.back();
}

/// The known name nearest to one that is not known, if any is near enough.
class Nearest {
 public:
    explicit Nearest(std::string_view unknown) : unknown_{unknown} {}

    /// `known` is compared, `shown` is what to suggest. `handicap` makes it lose against another as near.
    void offer(std::string_view known, std::string shown, std::size_t handicap = 0) {
        constexpr std::size_t kLongestKey = 64;
        if (unknown_.size() > kLongestKey) {
            return;
        }
        const std::size_t distance = edit_distance(unknown_, known);
        const std::size_t limit = std::max<std::size_t>(1, std::max(unknown_.size(), known.size()) * 2 / 5);
        if (distance <= limit && distance + handicap < best_distance_) {
            best_distance_ = distance + handicap;
            best_ = std::move(shown);
        }
    }

    [[nodiscard]] std::string suggestion_or(const std::string& otherwise) const {
        return best_.empty() ? otherwise : fmt::format("did you mean {}?", best_);
    }

 private:
    std::string_view unknown_;
    std::string best_;
    std::size_t best_distance_ = SIZE_MAX;
};

}  // namespace

std::string unknown_key(std::string_view section, std::string_view name) {
    Nearest nearest{name};
    std::vector<std::string> names;
    for (const Key& key : keys()) {
        const bool is_here = key.section == section;
        nearest.offer(key.name, key.full_name(), is_here ? 0 : 1);
        if (is_here) {
            names.emplace_back(key.name);
        }
    }
    return fmt::format("unknown key {}.{}: {}", section, shown(name),
                       nearest.suggestion_or(fmt::format("[{}] has {}", section, fmt::join(names, ", "))));
}

std::string unknown_section(std::string_view name, const toml::node& node) {
    const bool is_table = node.is_table() || node.is_array_of_tables();
    Nearest nearest{name};
    for (const std::string& section : section_names()) {
        nearest.offer(section, fmt::format("[{}]", section), is_table ? 0 : 1);
    }
    for (const Key& key : keys()) {
        nearest.offer(key.name, key.full_name(), is_table ? 1 : 0);
    }
    return fmt::format("unknown {} {}: {}", is_table ? "table" : "key", shown(name),
                       nearest.suggestion_or(fmt::format("the tables are {}", fmt::join(section_names(), ", "))));
}

}  // namespace gca::config_schema
