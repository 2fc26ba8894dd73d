#include "sim/language/linear.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

namespace gca {

namespace {

// Rows of W that one task takes: fixed, so that the sums are the same for any number of threads.
constexpr std::size_t kRowsOfOneToken = 64;
constexpr std::size_t kRowsOfMany = 128;

/// GPT-2's form, with tanh.
float gelu(float x) {
    constexpr float kCubic = 0.044715F;
    constexpr float kScale = std::numbers::inv_sqrtpi_v<float> * std::numbers::sqrt2_v<float>;
    return 0.5F * x * (1.0F + std::tanh(kScale * (x + kCubic * x * x * x)));
}

}  // namespace

Linear::Linear(std::size_t inputs, std::size_t outputs, std::vector<float> weights, std::vector<float> bias)
    : inputs_(inputs), outputs_(outputs), weights_(std::move(weights)), bias_(std::move(bias)) {
    if (weights_.size() != inputs * outputs || (!bias_.empty() && bias_.size() != outputs)) {
        throw std::invalid_argument("linear layer: weights or bias of another size than the layer's");
    }
    openblas_set_num_threads(1);  // the threads are `Workers`
}

void Linear::apply(Workers& workers, std::size_t tokens, std::span<const float> x, std::span<float> y,
                   Activation activation) const {
    if (x.size() < tokens * inputs_ || y.size() < tokens * outputs_) {
        throw std::invalid_argument("linear layer: too few values for so many tokens");
    }
    const std::size_t rows = tokens == 1 ? kRowsOfOneToken : kRowsOfMany;
    workers.for_each((outputs_ + rows - 1) / rows, [&](std::size_t task) {
        apply_rows(task * rows, std::min((task + 1) * rows, outputs_), tokens, x.data(), y.data(), activation);
    });
}

void Linear::apply_rows(std::size_t first, std::size_t end, std::size_t tokens, const float* x, float* y,
                        Activation activation) const {
    const auto width = static_cast<int>(inputs_);
    const float* weights = &weights_[first * inputs_];
    if (tokens == 1) {
        for (std::size_t o = first; o < end; ++o) {
            y[o] = cblas_sdot(width, weights + (o - first) * inputs_, 1, x, 1);
        }
    } else {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(tokens), static_cast<int>(end - first),
                    width, 1.0F, x, width, weights, width, 0.0F, y + first, static_cast<int>(outputs_));
    }
    for (std::size_t t = 0; t < tokens; ++t) {
        float* row = y + t * outputs_;
        if (!bias_.empty()) {
            std::transform(row + first, row + end, &bias_[first], row + first, std::plus<>());
        }
        if (activation == Activation::gelu) {
            std::transform(row + first, row + end, row + first, gelu);
        }
    }
}

}  // namespace gca
