#include "sim/language/softmax_heads.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>

namespace gca {

SoftmaxHeads::SoftmaxHeads(const GptShape& shape, Workers& workers)
    : shape_(shape), workers_(workers), heads_(shape.layers * shape.heads) {}

void SoftmaxHeads::new_sequence() {
    for (Head& head : heads_) {
        head.keys.clear();
        head.values.clear();
    }
}

void SoftmaxHeads::run(std::size_t layer, std::size_t tokens, std::span<const float> qkv, std::span<float> mixed) {
    const std::size_t width = shape_.width;
    const std::size_t dim = shape_.dim();
    workers_.for_each(shape_.heads, [&](std::size_t number) {
        Head& head = heads_[layer * shape_.heads + number];
        for (std::size_t t = 0; t < tokens; ++t) {
            const float* q = &qkv[t * 3 * width + number * dim];
            step(head, q, q + width, q + 2 * width, &mixed[t * width + number * dim]);
        }
    });
}

void SoftmaxHeads::step(Head& head, const float* q, const float* k, const float* v, float* result) const {
    const std::size_t dim = shape_.dim();
    head.keys.insert(head.keys.end(), k, k + dim);
    head.values.insert(head.values.end(), v, v + dim);
    const std::size_t count = head.keys.size() / dim;
    head.weights.resize(count);

    const auto rows = static_cast<int>(count);
    const auto columns = static_cast<int>(dim);
    cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, columns, 1.0F / std::sqrt(static_cast<float>(dim)), head.keys.data(),
                columns, q, 1, 0.0F, head.weights.data(), 1);
    const float largest = *std::max_element(head.weights.begin(), head.weights.end());
    double sum = 0.0;
    for (float& weight : head.weights) {
        weight = std::exp(weight - largest);
        sum += weight;
    }
    cblas_sgemv(CblasRowMajor, CblasTrans, rows, columns, static_cast<float>(1.0 / sum), head.values.data(), columns,
                head.weights.data(), 1, 0.0F, result, 1);
}

}  // namespace gca
