#include "behavioral/softmax_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "behavioral/config.h"

namespace gca {

SoftmaxAttention::SoftmaxAttention(std::size_t dim, std::size_t window) : dim_(dim), window_(window) {
    if (dim == 0 || window == 0) {
        throw std::invalid_argument("softmax attention: dim is " + std::to_string(dim) + ", window is " +
                                    std::to_string(window) + ": both must be at least 1");
    }
}

void SoftmaxAttention::new_sequence() {
    history_.clear();
}

void SoftmaxAttention::step(const Token& token, StepResult& result) {
    for (const std::size_t size : {token.q.size(), token.k.size(), token.v.size()}) {
        if (size != dim_) {
            throw std::invalid_argument("softmax attention: a projection has " + std::to_string(size) +
                                        " values: must be " + std::to_string(dim_));
        }
    }

    PastToken written{std::vector<double>(dim_), std::vector<double>(dim_)};
    for (std::size_t r = 0; r < dim_; ++r) {
        written.key_u[r] = token.k[r] - kOffsetV;
        written.value_u[r] = token.v[r] - kOffsetV;
    }
    history_.push_back(std::move(written));
    if (history_.size() > window_) {
        history_.pop_front();
    }

    weight_.clear();
    for (const PastToken& past : history_) {
        double score = 0.0;
        for (std::size_t r = 0; r < dim_; ++r) {
            score += token.q[r] * past.key_u[r];
        }
        weight_.push_back(score / std::sqrt(static_cast<double>(dim_)));
    }

    // The largest score is taken off every one, so that no exponential overflows and at least one of them is 1.
    const double largest = *std::max_element(weight_.begin(), weight_.end());
    double sum = 0.0;
    for (double& weight : weight_) {
        weight = std::exp(weight - largest);
        sum += weight;
    }

    result.counts.clear();
    result.y.assign(dim_, 0.0);
    for (std::size_t j = 0; j < history_.size(); ++j) {
        const double probability = weight_[j] / sum;
        const std::vector<double>& value_u = history_[j].value_u;
        for (std::size_t e = 0; e < dim_; ++e) {
            result.y[e] += probability * value_u[e];
        }
    }
}

void Agreement::add(std::span<const double> measured, std::span<const double> exact) {
    if (measured.size() != exact.size()) {
        throw std::invalid_argument("agreement: " + std::to_string(measured.size()) + " measured values and " +
                                    std::to_string(exact.size()) + " exact ones: must be as many");
    }
    for (std::size_t i = 0; i < measured.size(); ++i) {
        // Rotate the row (m, e) into the triangle: (|m|, shared) takes what lies along m, `rest` is what is left.
        const double norm = std::hypot(measured_norm_, measured[i]);
        const double cosine = norm > 0.0 ? measured_norm_ / norm : 1.0;
        const double sine = norm > 0.0 ? measured[i] / norm : 0.0;
        const double rest = cosine * exact[i] - sine * shared_norm_;
        shared_norm_ = cosine * shared_norm_ + sine * exact[i];
        measured_norm_ = norm;
        other_norm_ = std::hypot(other_norm_, rest);
    }
    count_ += measured.size();
}

double Agreement::best_scale() const {
    return measured_norm_ > 0.0 ? shared_norm_ / measured_norm_ : 0.0;
}

double Agreement::rms_difference() const {
    return other_norm_ / std::sqrt(static_cast<double>(count_));
}

double Agreement::relative_rms_difference() const {
    return other_norm_ / std::hypot(shared_norm_, other_norm_);
}

double Agreement::cosine_similarity() const {
    if (measured_norm_ == 0.0) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    return shared_norm_ / std::hypot(shared_norm_, other_norm_);
}

}  // namespace gca
