#include "sim/config_file.h"

#include <fmt/format.h>

// Some texts that are not TOML ("[=]", "a = [}") reach assertions of toml++, after which it refuses them in order. Its
// shared library is built without assertions; where its headers are compiled here, they must not abort either.
#define TOML_ASSERT(condition) static_cast<void>(0)  // NOLINT(cppcoreguidelines-macro-usage): toml++'s own setting
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "behavioral/error.h"
#include "sim/printable.h"
#include "sim/toml_text.h"

namespace gca {
namespace {

// Text in messages -----------------------------------------------------------------------------------------------

constexpr std::size_t kMaxShownBytes = 200;

std::string shown(std::string_view text) {
    return printable(text, kMaxShownBytes);
}

/// Shortest text that reads back as `value`, always a TOML float.
std::string print_number(double value) {
    std::string text = fmt::format("{}", value);
    if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) {
        text += ".0";
    }
    return text;
}

std::string print_numbers(const std::vector<double>& values) {
    constexpr std::size_t kOneLine = 100;
    constexpr std::size_t kNumbersALine = 8;
    std::string one_line;
    std::string many_lines;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::string number = print_number(values[i]);
        one_line += (i == 0 ? "" : ", ") + number;
        many_lines += (i % kNumbersALine == 0 ? "\n    " : " ") + number + ",";
    }
    return one_line.size() <= kOneLine ? "[" + one_line + "]" : "[" + many_lines + "\n]";
}

std::string in_quotes(std::string_view text) {
    return fmt::format("\"{}\"", shown(text));
}

/// `a`, `a or b`, `a, b or c`
std::string either(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    }
    return text;
}

/// A value as a message shows it.
std::string describe(const toml::node& node) {
    if (const auto* number = node.as_integer()) {
        return fmt::format("{}", number->get());
    }
    if (const auto* number = node.as_floating_point()) {
        return print_number(number->get());
    }
    if (const auto* text = node.as_string()) {
        return in_quotes(text->get());
    }
    if (const auto* truth = node.as_boolean()) {
        return truth->get() ? "true" : "false";
    }
    if (node.is_table()) {
        return "a table";
    }
    if (const auto* array = node.as_array()) {
        return array->empty() ? "an empty array" : "an array";
    }
    return "a date or a time";
}

// One key --------------------------------------------------------------------------------------------------------

/// What has been read so far: the configuration, and the keys that it holds only in another form.
struct Draft {
    Config config;
    std::optional<double> tau_s;
    std::optional<double> step_s;
};

/// A value in the file under its key.
struct Value {
    std::string file;
    std::string key;
    const toml::node& node;

    /// Refuses the value, or the array's element `at`.
    [[noreturn]] void refuse(std::string_view is, std::string_view must) const { refuse(node, key, is, must); }
    [[noreturn]] void refuse(const toml::node& at, std::string_view name, std::string_view is,
                             std::string_view must) const {
        throw InputError{fmt::format("{}:{}: {} is {}: {}", file, at.source().begin.line, name, is, must)};
    }
};

struct Printed {
    std::string value;
    bool in_force = true;
};

/// How a key is read and printed. `limit` says what its value may be.
struct Field {
    std::string limit;
    std::function<void(const Value&, Draft&)> parse;
    std::function<Printed(const Config&)> print;
};

std::string must_be(std::string_view limit) {
    return fmt::format("it must be {}", limit);
}

enum class Zero { refused, turns_off };

/// A whole number from `lowest` to `highest`. `at` gives its place in a Config.
template <typename At>
Field whole(At at, std::int64_t lowest, std::int64_t highest, Zero zero = Zero::refused) {
    const std::string limit = fmt::format("a whole number from {} to {}{}", lowest, highest,
                                          zero == Zero::turns_off ? ", or 0 to turn it off" : "");
    const auto parse = [=](const Value& value, Draft& draft) {
        const auto* number = value.node.as_integer();
        const bool is_off = number != nullptr && number->get() == 0 && zero == Zero::turns_off;
        if (number == nullptr || (!is_off && (number->get() < lowest || number->get() > highest))) {
            value.refuse(describe(value.node), must_be(limit));
        }
        auto& place = at(draft.config);
        place = static_cast<std::remove_reference_t<decltype(place)>>(number->get());
    };
    return {limit, parse, [=](const Config& config) { return Printed{fmt::format("{}", at(config))}; }};
}

// Far beyond any circuit, and near enough that sums and quotients of such numbers stay exact to 1e-9 of a count.
constexpr double kLargest = 1e6;

enum class Bound { none, at_least_zero, above_zero, full_scale };

constexpr std::string_view limit_of(Bound bound) {
    switch (bound) {
        case Bound::at_least_zero:
            return "a number from 0 to 1e6";
        case Bound::above_zero:
            return "a number above 0, at most 1e6";
        case Bound::full_scale:
            return "a number from 1e-6 to 1e6";
        case Bound::none:
            break;
    }
    return "a number from -1e6 to 1e6";
}

bool within(double number, Bound bound) {
    switch (bound) {
        case Bound::at_least_zero:
            return number >= 0.0 && number <= kLargest;
        case Bound::above_zero:
            return number > 0.0 && number <= kLargest;
        case Bound::full_scale:
            return number >= 1.0 / kLargest && number <= kLargest;
        case Bound::none:
            break;
    }
    return std::fabs(number) <= kLargest;
}

/// The number that `node` holds if it is within the bound. An integer will do.
std::optional<double> number_in(const toml::node& node, Bound bound) {
    double number = 0.0;
    if (const auto* real = node.as_floating_point()) {
        number = real->get();
    } else if (const auto* integer = node.as_integer()) {
        number = static_cast<double>(integer->get());
    } else {
        return std::nullopt;
    }
    return within(number, bound) ? std::optional{number} : std::nullopt;
}

double parse_number(const Value& value, Bound bound) {
    const std::optional<double> number = number_in(value.node, bound);
    if (!number) {
        value.refuse(describe(value.node), must_be(limit_of(bound)));
    }
    return *number;
}

std::vector<double> parse_numbers(const Value& value, const toml::array& array) {
    std::vector<double> numbers;
    numbers.reserve(array.size());
    for (const toml::node& element : array) {
        const std::optional<double> number = number_in(element, Bound::none);
        if (!number) {
            value.refuse(element, fmt::format("{}[{}]", value.key, numbers.size()), describe(element),
                         must_be(limit_of(Bound::none)));
        }
        numbers.push_back(*number);
    }
    return numbers;
}

template <typename At>
Field real(At at, Bound bound) {
    return {std::string{limit_of(bound)},
            [=](const Value& value, Draft& draft) { at(draft.config) = parse_number(value, bound); },
            [=](const Config& config) { return Printed{print_number(at(config))}; }};
}

/// A time that the Config holds only as a part of another value; printed as an example.
Field seconds(std::optional<double> Draft::*place, Bound bound, double example) {
    return {std::string{limit_of(bound)},
            [=](const Value& value, Draft& draft) { draft.*place = parse_number(value, bound); },
            [=](const Config&) {
                return Printed{print_number(example), false};
            }};
}

/// One number, or one a head.
template <typename At>
Field one_or_many(At at) {
    const std::string limit = fmt::format("{}, or an array of such numbers, one a head", limit_of(Bound::none));
    const auto parse = [=](const Value& value, Draft& draft) {
        const auto* array = value.node.as_array();
        if (array != nullptr && !array->empty()) {
            at(draft.config) = parse_numbers(value, *array);
        } else if (const std::optional<double> number = number_in(value.node, Bound::none)) {
            at(draft.config) = {*number};
        } else {
            value.refuse(describe(value.node), must_be(limit));
        }
    };
    const auto print = [=](const Config& config) {
        const std::vector<double>& numbers = at(config);
        return Printed{numbers.size() == 1 ? print_number(numbers.front()) : print_numbers(numbers)};
    };
    return {limit, parse, print};
}

constexpr std::size_t kMaxCoefficients = 16;

Field polynomial_coefficients() {
    const std::string limit = fmt::format("an array of 1 to {} numbers from -1e6 to 1e6", kMaxCoefficients);
    const auto parse = [=](const Value& value, Draft& draft) {
        const auto* array = value.node.as_array();
        if (array == nullptr || array->empty()) {
            value.refuse(describe(value.node), must_be(limit));
        }
        if (array->size() > kMaxCoefficients) {
            value.refuse(fmt::format("an array of {}", array->size()), must_be(limit));
        }
        draft.config.cell.coefficients = parse_numbers(value, *array);
    };
    const auto print = [](const Config& config) {
        constexpr double kLinearSlope = 19.3;
        return config.cell.model == CellModel::polynomial ? Printed{print_numbers(config.cell.coefficients)}
                                                          : Printed{print_numbers({0.0, kLinearSlope}), false};
    };
    return {limit, parse, print};
}

template <typename Enum>
struct Named {
    Enum value;
    std::string_view name;
};

constexpr std::array kOutputQuantizers{Named<OutputQuantizer>{OutputQuantizer::counter, "counter"},
                                       Named<OutputQuantizer>{OutputQuantizer::mid_tread, "mid-tread"},
                                       Named<OutputQuantizer>{OutputQuantizer::off, "off"}};
constexpr std::array kCellModels{Named<CellModel>{CellModel::cubic, "cubic"},
                                 Named<CellModel>{CellModel::linear, "linear"},
                                 Named<CellModel>{CellModel::polynomial, "polynomial"}};
constexpr std::array kLeakageForms{Named<LeakageForm>{LeakageForm::off, "off"},
                                   Named<LeakageForm>{LeakageForm::voltage, "voltage"},
                                   Named<LeakageForm>{LeakageForm::product, "product"}};

template <typename Enum, std::size_t count>
std::string_view name_of(const std::array<Named<Enum>, count>& names, Enum value) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const Named<Enum>& named) { return named.value == value; });
    if (found == names.end()) {
        std::abort();
    }
    return found->name;
}

template <typename Enum, std::size_t count, typename At>
Field choice(const std::array<Named<Enum>, count>& names, At at) {
    std::vector<std::string> words;
    words.reserve(names.size());
    for (const Named<Enum>& named : names) {
        words.push_back(in_quotes(named.name));
    }
    const std::string limit = either(words);
    const auto parse = [=](const Value& value, Draft& draft) {
        const auto* text = value.node.as_string();
        const auto found = std::find_if(names.begin(), names.end(), [&](const Named<Enum>& named) {
            return text != nullptr && named.name == text->get();
        });
        if (found == names.end()) {
            value.refuse(describe(value.node), must_be(limit));
        }
        at(draft.config) = found->value;
    };
    return {limit, parse, [=](const Config& config) { return Printed{in_quotes(name_of(names, at(config)))}; }};
}

// The table of keys ----------------------------------------------------------------------------------------------

struct Key {
    std::string_view section;
    std::string_view name;
    std::string_view meaning;
    Field field;

    [[nodiscard]] std::string full_name() const { return fmt::format("{}.{}", section, name); }
};

// Those keys that are checked against each other.
constexpr std::string_view kCell = "cell";
constexpr std::string_view kModel = "model";
constexpr std::string_view kCoefficients = "coefficients";
constexpr std::string_view kLeakage = "leakage";
constexpr std::string_view kDecayPerToken = "decay_per_token";
constexpr std::string_view kTau = "tau_s";
constexpr std::string_view kStep = "step_s";
constexpr std::string_view kScalers = "scalers";

std::vector<Key> make_keys() {
    constexpr std::int64_t kMaxSize = 4096;
    constexpr std::int64_t kMaxTiles = 1024;
    constexpr std::int64_t kMaxLevels = 128;
    constexpr double kSiliconTau = 5e-3;
    constexpr double kGpt2Step = 7.8e-7;
    return {
        {"geometry", "dim", "head dimension: rows of the K array, outputs of the V array",
         whole(
             [](auto& config) -> auto& { return config.geometry.dim; }, 1, kMaxSize)},
        {"geometry", "tile_tokens", "tokens (columns) a sub-tile",
         whole(
             [](auto& config) -> auto& { return config.geometry.tile_tokens; }, 1, kMaxSize)},
        {"geometry", "tiles", "sub-tiles a head; the window is tile_tokens * tiles tokens",
         whole(
             [](auto& config) -> auto& { return config.geometry.tiles; }, 1, kMaxTiles)},

        {"quantization", "query_levels", "levels of a query over 0..1 of the longest pulse",
         whole(
             [](auto& config) -> auto& { return config.quantization.query_levels; }, 2, kMaxLevels, Zero::turns_off)},
        {"quantization", "store_levels", "levels of a stored key or value over 0..0.9 V",
         whole(
             [](auto& config) -> auto& { return config.quantization.store_levels; }, 2, kMaxLevels, Zero::turns_off)},
        {"quantization", "output",
         "quantiser of each sub-tile's output: the hardware's counter, that of the authors' training code, or none",
         choice(
             kOutputQuantizers, [](auto& config) -> auto& { return config.quantization.output; })},
        {"quantization", "output_levels", "levels of the output's magnitude, its sign not included",
         whole(
             [](auto& config) -> auto& { return config.quantization.output_levels; }, 2, kMaxLevels)},

        {kCell, kModel, "charge of a cell as a function of u, the stored voltage less 0.45 V",
         choice(
             kCellModels, [](auto& config) -> auto& { return config.cell.model; })},
        {kCell, kCoefficients,
         "charge of a cell in powers of u in volts, the constant first: needed by \"polynomial\", else refused",
         polynomial_coefficients()},

        {"charge_to_pulse", "s_sat", "charge of a K-array column, in units of the cell's, at the longest pulse",
         real(
             [](auto& config) -> auto& { return config.charge_to_pulse.s_sat; }, Bound::full_scale)},
        {"charge_to_pulse", "a_sat", "charge of a V-array output, in units of the cell's, at the longest pulse",
         real(
             [](auto& config) -> auto& { return config.charge_to_pulse.a_sat; }, Bound::full_scale)},

        {kLeakage, "form", "what decays by exp(-decay_per_token * age): nothing, the voltage u, or the cell's charge",
         choice(
             kLeakageForms, [](auto& config) -> auto& { return config.leakage.form; })},
        {kLeakage, kDecayPerToken, "decay exponent a token (no unit)",
         real(
             [](auto& config) -> auto& { return config.leakage.decay_per_token; }, Bound::at_least_zero)},
        {kLeakage, kTau,
         "retention time constant in s; with step_s in place of decay_per_token, which is then step_s / tau_s",
         seconds(&Draft::tau_s, Bound::above_zero, kSiliconTau)},
        {kLeakage, kStep, "time from one token to the next in s; with tau_s in place of decay_per_token",
         seconds(&Draft::step_s, Bound::at_least_zero, kGpt2Step)},

        {kScalers, "q_a", "gain of the queries' scaler a * x + b",
         one_or_many([](auto& config) -> auto& { return config.scalers.q.a; })},
        {kScalers, "q_b", "offset of the queries' scaler, as a fraction of the longest pulse",
         one_or_many([](auto& config) -> auto& { return config.scalers.q.b; })},
        {kScalers, "k_a", "gain of the keys' scaler",
         one_or_many([](auto& config) -> auto& { return config.scalers.k.a; })},
        {kScalers, "k_b", "offset of the keys' scaler in V",
         one_or_many([](auto& config) -> auto& { return config.scalers.k.b; })},
        {kScalers, "v_a", "gain of the values' scaler",
         one_or_many([](auto& config) -> auto& { return config.scalers.v.a; })},
        {kScalers, "v_b", "offset of the values' scaler in V",
         one_or_many([](auto& config) -> auto& { return config.scalers.v.b; })},
        {kScalers, "output_a", "gain of the output's scaler",
         one_or_many([](auto& config) -> auto& { return config.scalers.output.a; })},
        {kScalers, "output_b", "offset of the output's scaler",
         one_or_many([](auto& config) -> auto& { return config.scalers.output.b; })},
    };
}

const std::vector<Key>& keys() {
    static const std::vector<Key> all = make_keys();
    return all;
}

const Key* find_key(std::string_view section, std::string_view name) {
    const auto found = std::find_if(keys().begin(), keys().end(),
                                    [&](const Key& key) { return key.section == section && key.name == name; });
    return found == keys().end() ? nullptr : &*found;
}

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    for (const Key& key : keys()) {
        if (names.empty() || names.back() != key.section) {
            names.emplace_back(key.section);
        }
    }
    return names;
}

bool is_section(std::string_view name) {
    return std::any_of(keys().begin(), keys().end(), [&](const Key& key) { return key.section == name; });
}

// Unknown keys ---------------------------------------------------------------------------------------------------

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

// Reading --------------------------------------------------------------------------------------------------------

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

std::string_view to_string(OutputQuantizer quantizer) {
    return name_of(kOutputQuantizers, quantizer);
}
std::string_view to_string(CellModel model) {
    return name_of(kCellModels, model);
}
std::string_view to_string(LeakageForm form) {
    return name_of(kLeakageForms, form);
}

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
