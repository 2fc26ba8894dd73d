#include "sim/cost/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "behavioral/error.h"
#include "sim/cost/paper_figures.h"
#include "sim/language/evaluate.h"
#include "sim/language/language_model.h"
#include "sim/printable.h"

namespace gca {

namespace {

// Decays a token that are tried, until the model is twice as bad as accepted.
constexpr std::array kDecays{1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0};
constexpr int kHalvings = 5;

std::vector<TokenId> read_tokens(const std::filesystem::path& file, const LanguageModel& model, std::size_t limit) {
    const std::string name = printable(file.string());
    std::error_code error;
    std::ifstream in(file, std::ios::binary);
    if (!std::filesystem::is_regular_file(file, error) || !in) {
        throw InputError(fmt::format("{}: is no file that can be read", name));
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::vector<TokenId> tokens = model.tokenizer().encode(text, name);
    model.check_tokens(tokens, name);
    tokens.resize(std::min(tokens.size(), limit));
    if (tokens.size() < 2) {
        throw InputError(fmt::format("{}: has {} tokens: must be at least 2", name, tokens.size()));
    }
    return tokens;
}

class Reader {
 public:
    Reader(LanguageModel& model, std::vector<TokenId> tokens) : model_(model), tokens_(std::move(tokens)) {}

    [[nodiscard]] Likelihood read() {
        std::atomic<std::uint64_t> progress{0};
        return evaluate(model_, tokens_, model_.file().shape.positions, progress);
    }
    [[nodiscard]] double perplexity_at(double decay) {
        AnalogSettings settings = *model_.file().analog;
        if (decay == 0.0) {
            settings.head.leakage.form = LeakageForm::off;
        } else if (settings.head.leakage.form == LeakageForm::off) {
            settings.head.leakage.form = LeakageForm::voltage;
        }
        settings.head.leakage.decay_per_token = decay;
        model_.use(settings);
        return read().perplexity();
    }

 private:
    LanguageModel& model_;
    std::vector<TokenId> tokens_;
};

void find_retention(Reader& reader, double accepted, ModelEstimate& result) {
    result.retention.push_back({.decay = 0.0, .perplexity = reader.perplexity_at(0.0)});
    const double wanted = result.retention.front().perplexity * (1.0 + accepted);
    const double enough = result.retention.front().perplexity * (1.0 + 2.0 * accepted);
    for (const double decay : kDecays) {
        result.retention.push_back({.decay = decay, .perplexity = reader.perplexity_at(decay)});
        if (result.retention.back().perplexity > enough) {
            break;
        }
    }
    const auto beyond = std::find_if(result.retention.begin(), result.retention.end(),
                                     [wanted](const Retention& point) { return point.perplexity > wanted; });
    if (beyond == result.retention.end()) {
        return;
    }
    double low = std::max(std::prev(beyond)->decay, kDecays.front() / 10.0);
    double high = beyond->decay;
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = std::sqrt(low * high);
        result.retention.push_back({.decay = middle, .perplexity = reader.perplexity_at(middle)});
        (result.retention.back().perplexity > wanted ? high : low) = middle;
    }
    result.limit = std::sqrt(low * high);
    std::sort(result.retention.begin(), result.retention.end(),
              [](const Retention& a, const Retention& b) { return a.decay < b.decay; });
}

ModelEstimate estimate_model(const EstimateOptions& options, const Chip& chip) {
    LanguageModelOptions wanted;
    wanted.model = options.model;
    wanted.engine = AttentionEngine::functional;
    wanted.threads = options.threads;
    LanguageModel model(wanted);
    const GptShape& shape = model.file().shape;
    ModelEstimate result{.name = (model.file().path.parent_path().filename() / model.file().path.filename()).string(),
                         .heads = shape.layers * shape.heads,
                         .head = model.file().analog->head,
                         .window = model.file().analog->window};
    Reader reader(model, read_tokens(options.text, model, options.tokens));
    model.analog()->watch_activity();
    result.tokens = reader.read().tokens;
    result.activity = model.analog()->activity();
    const Quantization& levels = result.head.quantization;
    const Schedule schedule = Schedule::of_levels(std::max(levels.query_levels, 2U), levels.output_levels);
    result.energy = chip.energy(result.head, result.activity, schedule.latency());
    find_retention(reader, options.accepted, result);
    return result;
}

nlohmann::ordered_json json_of(const TokenEnergy& energy) {
    return {{"key_array", energy.key_array},
            {"value_array", energy.value_array},
            {"digital", energy.digital},
            {"dacs", energy.dacs},
            {"total", energy.total()}};
}

}  // namespace

double Estimate::prompt_ns(std::size_t tokens, bool pipelined) const {
    const double each = pipelined ? schedule.interval() : schedule.latency();
    return schedule.latency() + each * static_cast<double>(tokens - 1);
}

Estimate estimate(const EstimateOptions& options) {
    const Quantization& levels = options.config.quantization;
    const Schedule schedule = Schedule::of_levels(std::max(levels.query_levels, 2U), levels.output_levels);
    const Chip chip(load_digital_figures(options.digital));
    const Activity activity = uniform_activity(options.config, options.config.geometry.capacity());
    Estimate result{.options = options,
                    .schedule = schedule,
                    .chip = chip,
                    .paper = chip.energy(Config{}, chip.calibration(), paper::kLatencyNs),
                    .energy = chip.energy(options.config, activity, schedule.latency()),
                    .streamed = chip.energy(options.config, activity, schedule.interval()),
                    .activity = activity,
                    .area = chip.area(options.config.geometry),
                    .model = std::nullopt};
    if (!options.model.empty()) {
        result.model = estimate_model(options, chip);
    }
    return result;
}

std::string estimate_json(const Estimate& estimate) {
    nlohmann::ordered_json json;
    json["latency_ns"] = estimate.schedule.latency();
    json["interval_ns"] = estimate.schedule.interval();
    json["paper_pj"] = json_of(estimate.paper);
    json["energy_pj"] = json_of(estimate.energy);
    json["streamed_pj"] = json_of(estimate.streamed);
    json["area_mm2"] = {{"cells", estimate.area.cells},
                        {"charge_to_pulse", estimate.area.charge_to_pulse},
                        {"digital", estimate.area.digital},
                        {"total", estimate.area.total()}};
    for (const paper::Gpu& gpu : paper::kGpus) {
        json["gpus"].push_back({{"name", gpu.name},
                                {"faster", gpu.us * 1e3 / paper::kLatencyNs},
                                {"less_energy", gpu.mj * 1e9 / (paper::kGpuHeads * estimate.paper.total())}});
    }
    if (estimate.model) {
        const ModelEstimate& model = *estimate.model;
        nlohmann::ordered_json& part = json["model"];
        part["energy_pj"] = json_of(model.energy);
        part["silent_columns"] =
            static_cast<double>(model.activity.silent_columns) / static_cast<double>(model.activity.columns);
        for (const Retention& point : model.retention) {
            part["retention"].push_back({{"decay", point.decay}, {"perplexity", point.perplexity}});
        }
        if (model.limit) {
            part["slowest_token_s"] = *model.limit * estimate.options.tau_s;
        }
    }
    return json.dump(2) + "\n";
}

}  // namespace gca
