#include "sim/difference_json.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

namespace gca {

nlohmann::ordered_json difference_json(const Difference& difference) {
    nlohmann::ordered_json json;
    json["stage"] = stage_label(difference.stage);
    json["name"] = stage_name(difference.stage);
    const auto add = [&json](const char* name, std::optional<std::uint64_t> value) {
        if (value) {
            json[name] = *value;
        }
    };
    add("cycle", difference.cycle);
    if (!difference.array.empty()) {
        json["array"] = difference.array;
    }
    add("column", difference.column);
    add("token", difference.token);
    add("row", difference.row);
    add("tile", difference.tile);
    add("output", difference.output);
    json["quantity"] = to_string(difference.quantity);
    json["expected"] = difference.expected;
    json["got"] = difference.got ? nlohmann::ordered_json(*difference.got) : nlohmann::ordered_json();
    json["text"] = format_difference(difference);
    return json;
}

}  // namespace gca
