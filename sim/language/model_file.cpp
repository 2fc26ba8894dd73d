#include "sim/language/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "behavioral/error.h"
#include "sim/config_file.h"
#include "sim/printable.h"

namespace gca {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{64} << 20U;
constexpr std::size_t kMaxSize = std::size_t{1} << 24U;  // of any dimension

/// Reads keys of one JSON object; a wrong one is refused with the file and the key's name.
class Keys {
 public:
    Keys(std::string file, std::string prefix, const Json& object)
        : file_(std::move(file)), prefix_(std::move(prefix)), object_(object) {}

    [[nodiscard]] std::size_t whole(const char* key, std::optional<std::size_t> otherwise, std::size_t least,
                                    std::size_t greatest) const {
        const Json* value = find(key);
        if (value == nullptr && otherwise) {
            return *otherwise;
        }
        if (value == nullptr || !value->is_number_unsigned() || value->get<std::size_t>() < least ||
            value->get<std::size_t>() > greatest) {
            refuse(key, value, fmt::format("must be a whole number from {} to {}", least, greatest));
        }
        return value->get<std::size_t>();
    }

    [[nodiscard]] std::string word(const char* key, const std::string& otherwise) const {
        const Json* value = find(key);
        if (value != nullptr && !value->is_string()) {
            refuse(key, value, "must be a text");
        }
        return value == nullptr ? otherwise : value->get<std::string>();
    }

    void must_be(const char* key, const Json& wanted) const {
        const Json* value = find(key);
        if (value != nullptr && *value != wanted) {
            refuse(key, value, fmt::format("must be {}", wanted.dump()));
        }
    }

    /// [layers][heads] finite numbers.
    [[nodiscard]] std::vector<std::vector<double>> table(const char* key, std::size_t layers, std::size_t heads) const {
        const Json* value = find(key);
        const auto is_row = [heads](const Json& row) {
            return row.is_array() && row.size() == heads && std::all_of(row.begin(), row.end(), [](const Json& x) {
                       return x.is_number() && std::isfinite(x.get<double>());
                   });
        };
        if (value == nullptr || !value->is_array() || value->size() != layers ||
            !std::all_of(value->begin(), value->end(), is_row)) {
            throw InputError(fmt::format("{}: {}{} must be {} rows of {} numbers: one a layer and head", file_, prefix_,
                                         key, layers, heads));
        }
        return value->get<std::vector<std::vector<double>>>();
    }

    [[nodiscard]] const Json* object(const char* key) const {
        const Json* value = find(key);
        if (value != nullptr && !value->is_object()) {
            refuse(key, value, "must be an object");
        }
        return value;
    }

    [[noreturn]] void refuse(const char* key, const Json* value, const std::string& limit) const {
        throw InputError(fmt::format("{}: {}{} is {}: {}", file_, prefix_, key,
                                     value == nullptr ? "missing" : printable(value->dump()), limit));
    }

 private:
    /// Null for a key that is missing, or null in the file.
    [[nodiscard]] const Json* find(const char* key) const {
        const auto found = object_.find(key);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

    std::string file_;
    std::string prefix_;
    const Json& object_;
};

Json read_document(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        throw InputError(fmt::format("{}: is no file", printable(path.string())));
    }
    if (std::filesystem::file_size(path) > kMaxFileBytes) {
        throw InputError(fmt::format("{}: is longer than {} MB: no model's JSON file", printable(path.string()),
                                     kMaxFileBytes >> 20U));
    }
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    Json document = Json::parse(text, nullptr, false);
    if (!document.is_object()) {
        throw InputError(fmt::format("{}: is no JSON object", printable(path.string())));
    }
    return document;
}

GptShape read_shape(const std::string& file, const Json& document) {
    const Keys keys(file, "", document);
    GptShape shape;
    shape.layers = keys.whole("n_layer", {}, 1, kMaxSize);
    shape.heads = keys.whole("n_head", {}, 1, kMaxSize);
    shape.width = keys.whole("n_embd", {}, 1, kMaxSize);
    shape.inner = keys.whole("n_inner", 4 * shape.width, 1, kMaxSize);
    shape.positions = keys.whole("n_positions", {}, 1, kMaxSize);
    shape.vocabulary = keys.whole("vocab_size", {}, 1, kMaxSize);
    if (shape.width % shape.heads != 0) {
        throw InputError(
            fmt::format("{}: n_embd is {}: must be a multiple of n_head, {}", file, shape.width, shape.heads));
    }
    const auto epsilon = document.find("layer_norm_epsilon");
    if (epsilon != document.end()) {
        if (!epsilon->is_number() || !(epsilon->get<double>() > 0.0 && epsilon->get<double>() < 1.0)) {
            keys.refuse("layer_norm_epsilon", &*epsilon, "must be a number between 0 and 1");
        }
        shape.epsilon = epsilon->get<float>();
    }
    keys.must_be("model_type", "gpt2");
    keys.must_be("activation_function", "gelu_new");
    keys.must_be("tie_word_embeddings", true);
    keys.must_be("scale_attn_weights", true);
    keys.must_be("scale_attn_by_inverse_layer_idx", false);
    keys.must_be("add_cross_attention", false);
    return shape;
}

/// "window=64" or "cell.model=cubic": a key of the object "gca", or of "head" in it.
void apply_override(Json& gca, const std::string& text) {
    const std::size_t equal = text.find('=');
    if (equal == std::string::npos) {
        throw InputError(fmt::format("--set is {}: must be KEY=VALUE, such as cell.model=cubic", printable(text)));
    }
    const std::string key = text.substr(0, equal);
    const std::string word = text.substr(equal + 1);
    Json value = Json::parse(word, nullptr, false);
    if (value.is_discarded()) {
        value = word;
    }
    const std::size_t dot = key.find('.');
    if (dot != std::string::npos) {
        Json& section = gca["head"][key.substr(0, dot)];
        if (!section.is_null() && !section.is_object()) {
            throw InputError(
                fmt::format("--set is {}: gca.head.{} is no section", printable(text), key.substr(0, dot)));
        }
        section[key.substr(dot + 1)] = value;
    } else if (key == "window") {
        gca["window"] = value;
    } else {
        throw InputError(
            fmt::format("--set is {}: must be window=N or SECTION.KEY=VALUE of `gca config`", printable(text)));
    }
}

/// The sections as `gca config` prints them.
std::string to_toml(const Json& head) {
    std::string text;
    for (const auto& [section, keys] : head.items()) {
        text += fmt::format("[{}]\n", section);
        for (const auto& [key, value] : keys.items()) {
            text += fmt::format("{} = {}\n", key, value.dump());
        }
    }
    return text;
}

struct ScalerKeys {
    const char* a;
    const char* b;
    Scaler Scalers::*scaler;
};

constexpr std::array kScalers{ScalerKeys{"q_a", "q_b", &Scalers::q}, ScalerKeys{"k_a", "k_b", &Scalers::k},
                              ScalerKeys{"v_a", "v_b", &Scalers::v},
                              ScalerKeys{"output_a", "output_b", &Scalers::output}};

AnalogSettings read_analog(const std::string& file, const Json& gca, const GptShape& shape) {
    const Keys keys(file, "gca.", gca);
    AnalogSettings analog;
    const Json* head = keys.object("head");
    if (head != nullptr) {
        for (const auto& [section, values] : head->items()) {
            if (!values.is_object() || section == "scalers") {
                throw InputError(
                    fmt::format("{}: gca.head.{}: must be one of the sections of `gca config`, scalers not "
                                "included",
                                file, printable(section)));
            }
        }
        analog.head = parse_config(to_toml(*head), file + ": gca.head");
    }
    const Geometry& geometry = analog.head.geometry;
    if (geometry.dim != shape.dim()) {
        throw InputError(fmt::format("{}: gca.head.geometry.dim is {}: must be n_embd / n_head, {}", file, geometry.dim,
                                     shape.dim()));
    }
    analog.window = keys.whole("window", geometry.capacity(), 1, geometry.capacity());
    const Json* scalers = keys.object("scalers");
    if (scalers == nullptr) {
        keys.refuse("scalers", nullptr, "hardware attention needs them");
    }
    const Keys of_scalers(file, "gca.scalers.", *scalers);
    analog.layers.resize(shape.layers);
    for (const ScalerKeys& entry : kScalers) {
        const auto a = of_scalers.table(entry.a, shape.layers, shape.heads);
        const auto b = of_scalers.table(entry.b, shape.layers, shape.heads);
        for (std::size_t layer = 0; layer < shape.layers; ++layer) {
            analog.layers[layer].*entry.scaler = {.a = a[layer], .b = b[layer]};
        }
    }
    return analog;
}

}  // namespace

ModelFile load_model_file(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
    ModelFile model;
    std::error_code error;
    model.path = std::filesystem::is_directory(path, error) ? path / "config.json" : path;
    Json document = read_document(model.path);
    const std::string file = printable(model.path.string());
    model.shape = read_shape(file, document);

    const Json* gca = Keys(file, "", document).object("gca");
    if (gca == nullptr && !overrides.empty()) {
        throw InputError(fmt::format("{}: has no object gca: --set {} changes hardware attention only", file,
                                     printable(overrides.front())));
    }
    std::string weights = "model.safetensors";
    std::string tokenizer;
    if (gca != nullptr) {
        for (const std::string& text : overrides) {
            apply_override(document["gca"], text);
        }
        const Keys keys(file, "gca.", *gca);
        weights = keys.word("weights", weights);
        tokenizer = keys.word("tokenizer", tokenizer);
        const std::string attention = keys.word("attention", "softmax");
        if (attention != "softmax" && attention != "hardware") {
            keys.refuse("attention", &gca->at("attention"), "must be softmax or hardware");
        }
        model.trained_for_hardware = attention == "hardware";
        if (model.trained_for_hardware || gca->contains("scalers")) {
            model.analog = read_analog(file, *gca, model.shape);
        }
    }
    model.document = document.dump();
    model.weights = model.path.parent_path() / weights;
    model.tokenizer = model.path.parent_path() / tokenizer;
    return model;
}

std::string model_text(const ModelFile& model, const AnalogSettings& analog, const std::filesystem::path& folder) {
    Json document = Json::parse(model.document);
    Json& gca = document["gca"];
    const auto from_folder = [&folder](const std::filesystem::path& path) {
        return std::filesystem::absolute(path)
            .lexically_normal()
            .lexically_relative(std::filesystem::absolute(folder).lexically_normal())
            .string();
    };
    gca["weights"] = from_folder(model.weights);
    gca["tokenizer"] = from_folder(model.tokenizer);
    gca["window"] = analog.window;
    for (const ScalerKeys& entry : kScalers) {
        Json a = Json::array();
        Json b = Json::array();
        for (const Scalers& layer : analog.layers) {
            a.push_back((layer.*entry.scaler).a);
            b.push_back((layer.*entry.scaler).b);
        }
        gca["scalers"][entry.a] = a;
        gca["scalers"][entry.b] = b;
    }
    return document.dump(1) + "\n";
}

}  // namespace gca
