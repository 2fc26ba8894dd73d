// Energy and area: the paper's head gives the paper's figures, others follow activity and size.
#include "sim/cost/chip.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "behavioral/error.h"

namespace gca {
namespace {

Chip shipped_chip() {
    return Chip(load_digital_figures(GCA_DIGITAL_FILE));
}

TEST(Chip, ThePapersHeadTakesThePapersFigures) {
    const Chip chip = shipped_chip();
    const TokenEnergy energy = chip.energy(Config{}, chip.calibration(), 65.0);
    EXPECT_NEAR(energy.key_array, 1120.0, 1e-9);
    EXPECT_NEAR(energy.value_array, 700.0, 1e-9);
    EXPECT_NEAR(energy.digital, 4000.0, 1e-9);
    EXPECT_NEAR(energy.dacs, 330.0, 1e-9);
    EXPECT_NEAR(energy.total(), 6150.0, 1e-6);
    EXPECT_NEAR(chip.area(Geometry{}).total(), 0.5, 1e-12);
    EXPECT_NEAR(chip.area(Geometry{}).cells, 0.131072, 1e-12);
    EXPECT_GT(chip.um2_per_block(), 0.0);
}

TEST(Chip, EnergyFollowsActivity) {
    const Chip chip = shipped_chip();
    Activity half = chip.calibration();
    half.key_charge /= 2.0;
    half.value_charge = 0.0;
    const TokenEnergy energy = chip.energy(Config{}, half, 65.0);
    EXPECT_NEAR(energy.key_array, 560.0, 1e-9);
    EXPECT_EQ(energy.value_array, 0.0);
    EXPECT_NEAR(energy.digital, 4000.0, 1e-9);

    Activity twice = chip.calibration();  // the mean token stays
    twice += chip.calibration();
    EXPECT_NEAR(chip.energy(Config{}, twice, 65.0).total(), 6150.0, 1e-6);
    EXPECT_NEAR(chip.energy(Config{}, twice, 32.5).digital, 2000.0, 1e-9);
}

TEST(Chip, SizesFollowTheGeometry) {
    const Chip chip = shipped_chip();
    Config config;
    config.geometry = {.dim = 32, .tile_tokens = 64, .tiles = 4};
    const TokenEnergy energy = chip.energy(config, uniform_activity(config, 256), 65.0);
    EXPECT_NEAR(energy.dacs, 165.0, 1e-9);
    EXPECT_GT(energy.key_array, 1120.0 / 8.0);  // an eighth of the cells, which are younger: less has leaked
    EXPECT_LT(energy.key_array, 1.12 * 1120.0 / 8.0);
    EXPECT_LT(energy.digital, 2000.0);
    EXPECT_EQ(charge_to_pulse_blocks(config.geometry), 256U + 4U * 32U);
    EXPECT_EQ(gain_cells(config.geometry), 2U * 32U * 256U);
    const HeadArea area = chip.area(config.geometry);
    EXPECT_NEAR(area.charge_to_pulse, 384.0 * chip.um2_per_block() / 1e6, 1e-12);
    EXPECT_GT(area.digital, 0.0);
    EXPECT_LT(area.total(), 0.25);
}

TEST(DigitalFigures, PlanesGoThroughTheirSizes) {
    const DigitalFigures figures = load_digital_figures(GCA_DIGITAL_FILE);
    std::ifstream in(GCA_DIGITAL_FILE);
    const nlohmann::json document = nlohmann::json::parse(in);
    EXPECT_LT(figures.worst_misfit, 0.1);
    ASSERT_GE(document["sizes"].size(), 5U);
    for (const nlohmann::json& row : document["sizes"]) {
        const auto name = row["size"].get<std::string>();
        const std::size_t first = name.find('x');
        const std::size_t second = name.find('x', first + 1);
        const Geometry geometry{.dim = std::stoul(name),
                                .tile_tokens = std::stoul(name.substr(first + 1)),
                                .tiles = std::stoul(name.substr(second + 1))};
        EXPECT_NEAR(figures.kge.at(geometry) / row["kge"].get<double>(), 1.0, figures.worst_misfit + 1e-3) << name;
        EXPECT_NEAR(figures.flops.at(geometry) / row["flops"].get<double>(), 1.0, 0.1) << name;
    }
}

TEST(DigitalFigures, RefusesWhatIsMissingOrNoNumber) {
    std::ifstream in(GCA_DIGITAL_FILE);
    const nlohmann::json good = nlohmann::json::parse(in);
    const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "gca_digital.json";
    const auto refused = [&](const std::string& text) -> std::string {
        std::ofstream(file) << text;
        try {
            (void)load_digital_figures(file);
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    const auto altered = [&](const char* pointer, const nlohmann::json& value) {
        nlohmann::json document = good;
        document[nlohmann::json::json_pointer(pointer)] = value;
        return refused(document.dump());
    };
    EXPECT_EQ(refused(good.dump()), "");
    EXPECT_NE(refused("[1]").find("is no JSON object"), std::string::npos);
    EXPECT_NE(altered("/kge/per_row", "x").find("kge/per_row must be a number"), std::string::npos);
    EXPECT_NE(altered("/nand2_um2", 0).find("nand2_um2 must be a number above 0"), std::string::npos);
    EXPECT_NE(altered("/library", 3).find("library must be a text"), std::string::npos);
    nlohmann::json document = good;
    document["energy"].erase("factor_low");
    EXPECT_NE(refused(document.dump()).find("energy/factor_low is missing"), std::string::npos);
    std::filesystem::remove(file);
    EXPECT_THROW((void)load_digital_figures(file), InputError);
}

}  // namespace
}  // namespace gca
