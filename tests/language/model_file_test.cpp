// A model's JSON file: what is read, what is refused and in which words, and how it is written again.
#include "sim/language/model_file.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/language/language_test.h"

namespace gca {
namespace {

using Json = nlohmann::ordered_json;

class ModelFileTest : public FolderTest {
 protected:
    static Json tiny() { return Json::parse(read_file(language_data() / "tiny.json")); }

    /// What is said about the small model after a change.
    [[nodiscard]] std::string refusal(const std::function<void(Json&)>& change,
                                      const std::vector<std::string>& overrides = {}) const {
        Json json = tiny();
        change(json);
        const auto file = write("m.json", json.dump());
        return message_of([&] { (void)load_model_file(file, overrides); });
    }
};

const auto kNoChange = [](Json& /*json*/) {};

TEST_F(ModelFileTest, ReadsShapeSettingsAndScalers) {
    Json json = tiny();
    json["gca"]["scalers"]["k_a"][1][0] = 7.5;
    const ModelFile model = load_model_file(write("m.json", json.dump()), {});
    EXPECT_EQ(
        model.shape,
        (GptShape{
            .layers = 2, .heads = 2, .width = 16, .inner = 64, .positions = 48, .vocabulary = 320, .epsilon = 1e-5F}));
    EXPECT_TRUE(model.trained_for_hardware);
    EXPECT_EQ(model.weights, path("tiny-f32.safetensors"));
    ASSERT_TRUE(model.analog);
    EXPECT_EQ(model.analog->window, 16U);
    EXPECT_EQ(model.analog->head.geometry, (Geometry{.dim = 8, .tile_tokens = 8, .tiles = 2}));
    EXPECT_EQ(model.analog->head.cell.model, CellModel::linear);
    EXPECT_EQ(model.analog->head.charge_to_pulse.s_sat, 10.0);
    EXPECT_EQ(model.analog->head.leakage, Leakage{}) << "the paper's, where nothing is said";
    ASSERT_EQ(model.analog->layers.size(), 2U);
    EXPECT_EQ(model.analog->layers[1].k.a, (std::vector<double>{7.5, 1.5}));
    EXPECT_EQ(model.analog->layers[0].v.b, (std::vector<double>{0.45, 0.45}));
}

TEST_F(ModelFileTest, AFolderStandsForItsConfigJson) {
    Json json = tiny();
    json.erase("gca");
    (void)write("config.json", json.dump());
    const ModelFile model = load_model_file(path(""), {});
    EXPECT_FALSE(model.analog);
    EXPECT_FALSE(model.trained_for_hardware);
    EXPECT_EQ(model.weights.filename(), "model.safetensors");
}

TEST_F(ModelFileTest, OverridesChangeKeysOfHardwareAttention) {
    const ModelFile model =
        load_model_file(language_data() / "tiny.json",
                        {"cell.model=cubic", "window=5", "quantization.query_levels=0", "leakage.form=off"});
    EXPECT_EQ(model.analog->head.cell.model, CellModel::cubic);
    EXPECT_EQ(model.analog->window, 5U);
    EXPECT_EQ(model.analog->head.quantization.query_levels, 0U);
    EXPECT_EQ(model.analog->head.leakage.form, LeakageForm::off);
    EXPECT_TRUE(says(refusal(kNoChange, {"cell.model"}), "--set is cell.model: must be KEY=VALUE"));
    EXPECT_TRUE(says(refusal(kNoChange, {"widow=3"}), "--set is widow=3: must be window=N or SECTION.KEY=VALUE"));
    EXPECT_TRUE(says(refusal(kNoChange, {"window=17"}), "gca.window is 17: must be a whole number from 1 to 16"));
    EXPECT_TRUE(says(refusal(kNoChange, {"cell.modle=cubic"}), "cell.modle"));
    EXPECT_TRUE(says(refusal(kNoChange, {"scalers.q_a=3"}), "gca.head.scalers"));
    EXPECT_TRUE(says(refusal([](Json& json) { json.erase("gca"); }, {"window=3"}), "has no object gca"));
}

TEST_F(ModelFileTest, WhatIsWrongIsNamed) {
    EXPECT_EQ(refusal(kNoChange), "");
    const auto set = [](const char* key, const Json& value) {
        return [key, value](Json& json) { json[Json::json_pointer(key)] = value; };
    };
    EXPECT_TRUE(says(refusal(set("/n_layer", 0)), "n_layer is 0: must be a whole number from 1"));
    EXPECT_TRUE(says(refusal(set("/n_layer", nullptr)), "n_layer is missing: must be a whole number"));
    EXPECT_TRUE(says(refusal(set("/n_head", 3)), "n_embd is 16: must be a multiple of n_head, 3"));
    EXPECT_TRUE(says(refusal(set("/n_positions", "x")), "n_positions is \"x\""));
    EXPECT_TRUE(
        says(refusal(set("/activation_function", "relu")), "activation_function is \"relu\": must be \"gelu_new\""));
    EXPECT_TRUE(says(refusal(set("/tie_word_embeddings", false)), "tie_word_embeddings is false: must be true"));
    EXPECT_TRUE(says(refusal(set("/scale_attn_by_inverse_layer_idx", true)), "must be false"));
    EXPECT_TRUE(says(refusal(set("/layer_norm_epsilon", 0)), "layer_norm_epsilon is 0: must be a number between"));
    EXPECT_TRUE(says(refusal(set("/gca", 3)), "gca is 3: must be an object"));
    EXPECT_TRUE(says(refusal(set("/gca/attention", "soft")), "gca.attention is \"soft\": must be softmax or hardware"));
    EXPECT_TRUE(says(refusal(set("/gca/window", -3)), "gca.window is -3"));
    EXPECT_TRUE(says(refusal(set("/gca/head/cell/model", "quartic")), "gca.head:"));
    EXPECT_TRUE(
        says(refusal(set("/gca/head/geometry/dim", 9)), "gca.head.geometry.dim is 9: must be n_embd / n_head, 8"));
    EXPECT_TRUE(says(refusal(set("/gca/head/cell", 3)), "gca.head.cell: must be one of the sections"));
    EXPECT_TRUE(says(refusal(set("/gca/scalers", nullptr)), "gca.scalers is missing"));
    EXPECT_TRUE(says(refusal(set("/gca/scalers/q_a", nullptr)), "gca.scalers.q_a must be 2 rows of 2 numbers"));
    EXPECT_TRUE(says(refusal(set("/gca/scalers/v_b/1", Json::array({1.0}))), "gca.scalers.v_b must be 2 rows"));
    EXPECT_TRUE(says(refusal(set("/gca/scalers/v_b/1/0", "a")), "gca.scalers.v_b must be 2 rows"));
    EXPECT_TRUE(says(message_of([&] { (void)load_model_file(write("x", "{"), {}); }), "x: is no JSON object"));
    EXPECT_TRUE(says(message_of([&] { (void)load_model_file(path("none"), {}); }), "none: is no file"));
}

TEST_F(ModelFileTest, WritesScalersAndNamesTheWeightsFromItsFolder) {
    const ModelFile model = load_model_file(language_data() / "tiny.json", {"cell.model=cubic", "window=7"});
    AnalogSettings analog = *model.analog;
    analog.layers[1].output.b[1] = 1.0 / 3.0;
    const auto folder = std::filesystem::absolute(language_data()).parent_path();
    const Json written = Json::parse(model_text(model, analog, folder));
    EXPECT_EQ(written["gca"]["weights"], "language/tiny-f32.safetensors");
    const ModelFile again = load_model_file(write("m.json", written.dump()), {});
    EXPECT_EQ(again.tokenizer, path("language/"));
    EXPECT_EQ(again.shape, model.shape);
    EXPECT_EQ(again.analog->head, model.analog->head);
    EXPECT_EQ(again.analog->window, 7U);
    EXPECT_EQ(again.analog->layers, analog.layers);
}

}  // namespace
}  // namespace gca
