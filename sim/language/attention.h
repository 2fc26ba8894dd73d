// The attention of a transformer's layers, whatever computes it.
#pragma once

#include <cstddef>
#include <span>

namespace gca {

class Attention {
 public:
    Attention() = default;
    Attention(const Attention&) = delete;
    Attention& operator=(const Attention&) = delete;
    virtual ~Attention() = default;

    /// The next token is the first of a sequence.
    virtual void new_sequence() = 0;

    /// The sequence's next `tokens` tokens in one layer: `qkv` [tokens][3 * width], queries, keys and values head after
    /// head; `mixed` [tokens][width].
    virtual void run(std::size_t layer, std::size_t tokens, std::span<const float> qkv, std::span<float> mixed) = 0;
};

}  // namespace gca
