// What `gca report` tells, as numbers: latency, energy and area of a head of any size, and what a language model says
// of activity and retention.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "behavioral/config.h"
#include "behavioral/time_base.h"
#include "sim/cost/chip.h"

namespace gca {

struct EstimateOptions {
    Config config;              ///< the head
    std::size_t layers = 12;    ///< of the model that the chip serves, one after the other
    double tau_s = 5e-3;        ///< the cells' retention: 5 ms is the paper's silicon cell
    double accepted = 0.05;     ///< how much worse the perplexity may become
    std::size_t tokens = 4096;  ///< of the text
    unsigned threads = 0;       ///< 0: one a core
    std::filesystem::path digital;
    std::filesystem::path model;  ///< empty: nothing about a model
    std::filesystem::path text;
};

/// A model's perplexity if the cells keep exp(-decay) of their voltage from one token to the next.
struct Retention {
    double decay = 0.0;
    double perplexity = 0.0;
};

struct ModelEstimate {
    std::string name;
    std::size_t heads = 0;   ///< of all its layers
    std::size_t tokens = 0;  ///< that were predicted
    Config head;
    std::size_t window = 0;
    Activity activity;
    TokenEnergy energy;                ///< of one head, the mean token
    std::vector<Retention> retention;  ///< the first without decay, then more and more
    /// The decay at which the perplexity is `accepted` worse; none if it is so at no measured decay.
    std::optional<double> limit;
};

struct Estimate {
    EstimateOptions options;
    Schedule schedule;
    Chip chip;
    TokenEnergy paper;     ///< the paper's head, as calibrated
    TokenEnergy energy;    ///< equally likely codes
    TokenEnergy streamed;  ///< the same in pipelined mode
    Activity activity;     ///< of `energy`
    HeadArea area;
    std::optional<ModelEstimate> model;

    /// From a prompt's first token to its last one's result, through one layer, in ns.
    [[nodiscard]] double prompt_ns(std::size_t tokens, bool pipelined) const;
};

/// Throws InputError for a file that is no such model or no text.
[[nodiscard]] Estimate estimate(const EstimateOptions& options);

[[nodiscard]] std::string estimate_json(const Estimate& estimate);

}  // namespace gca
