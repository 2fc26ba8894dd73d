// A layer y = W x + b in float32, products by OpenBLAS.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/language/workers.h"

namespace gca {

enum class Activation { none, gelu };

class Linear {
 public:
    /// `weights` [outputs][inputs]; `bias` [outputs], or empty for none.
    Linear(std::size_t inputs, std::size_t outputs, std::vector<float> weights, std::vector<float> bias);

    /// `x` [tokens][inputs] to `y` [tokens][outputs]. The bits of `y` depend on `tokens`, not on the number of threads.
    void apply(Workers& workers, std::size_t tokens, std::span<const float> x, std::span<float> y,
               Activation activation = Activation::none) const;

    [[nodiscard]] std::size_t inputs() const { return inputs_; }
    [[nodiscard]] std::size_t outputs() const { return outputs_; }
    [[nodiscard]] std::span<const float> row(std::size_t output) const {
        return {&weights_[output * inputs_], inputs_};
    }

 private:
    /// Outputs `first` to `end`-1 of all tokens.
    void apply_rows(std::size_t first, std::size_t end, std::size_t tokens, const float* x, float* y,
                    Activation activation) const;

    std::size_t inputs_;
    std::size_t outputs_;
    std::vector<float> weights_;
    std::vector<float> bias_;
};

}  // namespace gca
