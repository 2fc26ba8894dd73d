#include "sim/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "behavioral/error.h"
#include "sim/config_field.h"
#include "sim/config_keys.h"
#include "sim/config_suggestion.h"
#include "sim/config_text.h"
#include "sim/toml.h"
#include "sim/toml_text.h"

namespace gca {
namespace {

using namespace config_schema;

toml::table parse_toml(std::string_view text, const std::string& file) {
    check_toml_text(text, file);
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw InputError{
            fmt::format("{}:{}: not TOML: {}", file, error.source().begin.line, shown(error.description()))};
    }
}

/// A key as the file has it. There is no `name` where the section is not known or is no table.
struct Item {
    toml::source_position position;
    std::string section;
    std::optional<std::string> name;
    const toml::node* node;
};

/// All keys in the file's order.
std::vector<Item> items_of(const toml::table& root) {
    std::vector<Item> items;
    for (const auto& [section, node] : root) {
        const toml::table* table = node.as_table();
        if (table == nullptr || !is_section(section.str())) {
            items.push_back({section.source().begin, std::string{section.str()}, std::nullopt, &node});
            continue;
        }
        for (const auto& [name, value] : *table) {
            items.push_back({name.source().begin, std::string{section.str()}, std::string{name.str()}, &value});
        }
    }
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
        return std::tie(a.position.line, a.position.column) < std::tie(b.position.line, b.position.column);
    });
    return items;
}

/// Reads one key into the draft.
void parse_item(const Item& item, const std::string& file, Draft& draft) {
    const auto error = [&](const std::string& what) {
        return InputError{fmt::format("{}:{}: {}", file, item.position.line, what)};
    };
    if (!item.name && !is_section(item.section)) {
        throw error(unknown_section(item.section, *item.node));
    }
    if (!item.name) {
        Value{file, item.section, *item.node}.refuse(describe(*item.node), "it must be a table");
    }
    const Key* key = find_key(item.section, *item.name);
    if (key == nullptr) {
        throw error(unknown_key(item.section, *item.name));
    }
    key->field.parse({file, key->full_name(), *item.node}, draft);
}

/// Checks of keys against each other.
class CrossCheck {
 public:
    CrossCheck(const std::vector<Item>& items, std::string file) : items_{items}, file_{std::move(file)} {}

    void check_cell(const Config& config) const {
        const Item* model = find(kCell, kModel);
        const Item* coefficients = find(kCell, kCoefficients);
        const bool is_polynomial = config.cell.model == CellModel::polynomial;
        if (is_polynomial && coefficients == nullptr) {
            value(*model).refuse(describe(*model->node), fmt::format("{}.{} must be given, {}", kCell, kCoefficients,
                                                                     find_key(kCell, kCoefficients)->field.limit));
        }
        if (!is_polynomial && coefficients != nullptr) {
            value(*coefficients)
                .refuse("given", fmt::format(R"({}.{} must then be "{}", but it is "{}")", kCell, kModel,
                                             to_string(CellModel::polynomial), to_string(config.cell.model)));
        }
    }

    void check_leakage(Draft& draft) const {
        const Item* decay = find(kLeakage, kDecayPerToken);
        const Item* tau = find(kLeakage, kTau);
        const Item* step = find(kLeakage, kStep);
        const Item* either_time = tau != nullptr ? tau : step;
        if (either_time == nullptr) {
            return;
        }
        const Value time = value(*either_time);
        const std::string is = describe(time.node);
        if (decay != nullptr) {
            time.refuse(is, fmt::format("it must not be given beside {}.{}", kLeakage, kDecayPerToken));
        }
        if (tau == nullptr || step == nullptr) {
            time.refuse(is, fmt::format("{}.{} must be given too", kLeakage, tau == nullptr ? kTau : kStep));
        }
        const double ratio = *draft.step_s / *draft.tau_s;
        if (!within(ratio, Bound::at_least_zero)) {
            time.refuse(is,
                        fmt::format("{}.{} / {} must be {}", kLeakage, kStep, kTau, limit_of(Bound::at_least_zero)));
        }
        draft.config.leakage.decay_per_token = ratio;
    }

    /// An array has one number a head, so all arrays must be of one length. An array of one holds for all heads.
    void check_scalers() const {
        const Item* first = nullptr;
        for (const Item& item : items_) {
            const toml::array* array = item.node->as_array();
            if (item.section != kScalers || array == nullptr || array->size() == 1) {
                continue;
            }
            if (first == nullptr) {
                first = &item;
            } else if (const std::size_t heads = first->node->as_array()->size(); array->size() != heads) {
                value(item).refuse(
                    fmt::format("an array of {}", array->size()),
                    fmt::format("it must have one number a head, {} as {}.{} has", heads, kScalers, *first->name));
            }
        }
    }

 private:
    [[nodiscard]] const Item* find(std::string_view section, std::string_view name) const {
        const auto found = std::find_if(items_.begin(), items_.end(),
                                        [&](const Item& item) { return item.section == section && item.name == name; });
        return found == items_.end() ? nullptr : &*found;
    }

    [[nodiscard]] Value value(const Item& item) const {
        return {file_, fmt::format("{}.{}", item.section, *item.name), *item.node};
    }

    const std::vector<Item>& items_;
    std::string file_;
};

std::string too_long(const std::string& file) {
    return fmt::format("{} is more than {} bytes: it must be at most that", file, kMaxConfigBytes);
}

}  // namespace

Config parse_config(std::string_view text, std::string_view name) {
    const std::string file = shown(name);
    if (text.size() > kMaxConfigBytes) {
        throw InputError{too_long(file)};
    }
    const toml::table root = parse_toml(text, file);
    const std::vector<Item> items = items_of(root);
    Draft draft;
    for (const Item& item : items) {
        parse_item(item, file, draft);
    }
    const CrossCheck check{items, file};
    check.check_cell(draft.config);
    check.check_leakage(draft);
    check.check_scalers();
    return draft.config;
}

Config load_config(const std::filesystem::path& file) {
    const std::string name = shown(file.string());
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) {
        throw InputError{fmt::format("{} is a directory: it must be a file", name)};
    }
    errno = 0;
    std::ifstream stream{file, std::ios::binary};
    if (!stream) {
        throw InputError{fmt::format("{} cannot be opened: {}", name, std::generic_category().message(errno))};
    }
    std::string text(kMaxConfigBytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) {
        throw InputError{fmt::format("{} cannot be read: {}", name, std::generic_category().message(errno))};
    }
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return parse_config(text, file.string());
}

std::string print_config(const Config& config) {
    std::string text = "# Configuration of gca. A key that is left out has its default, the paper's value.\n\n";
    std::string_view section;
    for (const Key& key : keys()) {
        if (key.section != section) {
            section = key.section;
            text += fmt::format("[{}]\n", section);
        }
        const Printed standard = key.field.print(Config{});
        const Printed printed = key.field.print(config);
        text += fmt::format("# {}\n# {}{}\n{}{} = {}\n\n", key.meaning, key.field.limit,
                            standard.in_force ? fmt::format("; default {}", standard.value) : "",
                            printed.in_force ? "" : "# not in force, an example: ", key.name, printed.value);
    }
    text.pop_back();
    return text;
}

std::vector<ConfigValue> config_values(const Config& config) {
    std::vector<ConfigValue> values;
    for (const Key& key : keys()) {
        if (Printed printed = key.field.print(config); printed.in_force) {
            values.push_back({key.full_name(), std::move(printed.value)});
        }
    }
    return values;
}

}  // namespace gca
