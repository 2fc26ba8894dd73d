#include "sim/cost/digital.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "behavioral/error.h"
#include "sim/printable.h"

namespace gca {

namespace {

constexpr double kPerKilo = 1000.0;
constexpr double kUm2PerMm2 = 1e6;

/// Reads values by JSON pointers such as "/energy/factor_low".
class Reader {
 public:
    Reader(std::string file, const nlohmann::json& document) : file_(std::move(file)), document_(document) {}

    [[nodiscard]] double number(const std::string& pointer) const {
        const nlohmann::json& value = at(pointer);
        if (!value.is_number() || !std::isfinite(value.get<double>())) {
            refuse(pointer, "must be a number");
        }
        return value.get<double>();
    }
    [[nodiscard]] double positive(const std::string& pointer) const {
        const double value = number(pointer);
        if (!(value > 0.0)) {
            refuse(pointer, "must be a number above 0");
        }
        return value;
    }
    [[nodiscard]] std::string word(const std::string& pointer) const {
        const nlohmann::json& value = at(pointer);
        if (!value.is_string()) {
            refuse(pointer, "must be a text");
        }
        return value.get<std::string>();
    }
    [[nodiscard]] SizeFit fit(const std::string& pointer) const {
        return {.fixed = number(pointer + "/fixed"),
                .per_row = number(pointer + "/per_row"),
                .per_column = number(pointer + "/per_column"),
                .per_counter = number(pointer + "/per_counter")};
    }

 private:
    [[nodiscard]] const nlohmann::json& at(const std::string& pointer) const {
        const nlohmann::json::json_pointer place(pointer);
        if (!document_.contains(place)) {
            refuse(pointer, "is missing");
        }
        return document_.at(place);
    }
    [[noreturn]] void refuse(const std::string& pointer, const char* limit) const {
        throw InputError(fmt::format("{}: {} {}", file_, pointer.substr(1), limit));
    }

    std::string file_;
    const nlohmann::json& document_;
};

}  // namespace

double SizeFit::at(const Geometry& geometry) const {
    return fixed + per_row * static_cast<double>(geometry.dim) + per_column * static_cast<double>(geometry.capacity()) +
           per_counter * static_cast<double>(geometry.dim * geometry.tiles);
}

double DigitalFigures::area_mm2(const Geometry& geometry) const {
    return kge.at(geometry) * kPerKilo * nand2_um2 / kUm2PerMm2;
}

double DigitalFigures::token_pj(const Geometry& geometry, double cycles) const {
    return flops.at(geometry) * (clock_pj_per_flop_cycle * cycles + other_pj_per_flop_token);
}

DigitalFigures load_digital_figures(const std::filesystem::path& file) {
    const std::string name = printable(file.string());
    std::error_code error;
    std::ifstream in(file, std::ios::binary);
    if (!std::filesystem::is_regular_file(file, error) || !in) {
        throw InputError(fmt::format("{}: is no file that can be read", name));
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
    if (!document.is_object()) {
        throw InputError(fmt::format("{}: is no JSON object", name));
    }
    const Reader read(name, document);
    DigitalFigures figures{.command = read.word("/command"),
                           .library = read.word("/library"),
                           .kge = read.fit("/kge"),
                           .flops = read.fit("/flops"),
                           .worst_misfit = read.number("/worst_misfit"),
                           .nand2_um2 = read.positive("/nand2_um2"),
                           .energy_size = read.word("/energy/size"),
                           .factor_low = read.positive("/energy/factor_low"),
                           .factor_high = read.positive("/energy/factor_high")};
    const double flops = read.positive("/energy/flops");
    const double clock_pj = read.positive("/energy/clock_pins_pj");
    figures.clock_pj_per_flop_cycle = clock_pj / (flops * read.positive("/energy/cycles_per_token"));
    figures.other_pj_per_flop_token = (read.positive("/energy/token_pj") - clock_pj) / flops;
    return figures;
}

}  // namespace gca
