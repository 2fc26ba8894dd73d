"""GPT-2's architecture with attention as a parameter: softmax here, hardware.Attention for the chip's.

Names and layouts of the tensors are those of the published GPT-2 files (Conv1D weights are [inputs, outputs]).
"""
import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional

INITIAL_DEVIATION = 0.02


@dataclasses.dataclass(frozen=True)
class Shape:
    layers: int
    heads: int
    dim: int  # of a head
    context: int
    vocabulary: int = 256

    @property
    def embedding(self):
        return self.heads * self.dim


class Conv1D(nn.Module):
    """x W + b, W: [inputs, outputs]."""

    def __init__(self, inputs, outputs, deviation):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * deviation)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return torch.addmm(self.bias, x.reshape(-1, x.shape[-1]), self.weight).view(*x.shape[:-1], -1)


class Softmax(nn.Module):
    """Exact causal attention. q, k, v: [batch, heads, tokens, dim]."""

    def forward(self, q, k, v):
        tokens = q.shape[2]
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
        future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
        return functional.softmax(scores.masked_fill(future, float("-inf")), dim=-1) @ v


class HeadsAttention(nn.Module):
    def __init__(self, shape, out_deviation, attention):
        super().__init__()
        self.heads = shape.heads
        self.c_attn = Conv1D(shape.embedding, 3 * shape.embedding, INITIAL_DEVIATION)
        self.c_proj = Conv1D(shape.embedding, shape.embedding, out_deviation)
        self.kernel = attention

    def forward(self, x):
        batch, tokens, embedding = x.shape
        q, k, v = (part.view(batch, tokens, self.heads, -1).transpose(1, 2)
                   for part in self.c_attn(x).split(embedding, dim=2))
        return self.c_proj(self.kernel(q, k, v).transpose(1, 2).reshape(batch, tokens, embedding))


class Perceptron(nn.Module):
    def __init__(self, shape, out_deviation):
        super().__init__()
        self.c_fc = Conv1D(shape.embedding, 4 * shape.embedding, INITIAL_DEVIATION)
        self.c_proj = Conv1D(4 * shape.embedding, shape.embedding, out_deviation)

    def forward(self, x):
        return self.c_proj(functional.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, shape, attention):
        super().__init__()
        out_deviation = INITIAL_DEVIATION / math.sqrt(2 * shape.layers)
        self.ln_1 = nn.LayerNorm(shape.embedding)
        self.attn = HeadsAttention(shape, out_deviation, attention)
        self.ln_2 = nn.LayerNorm(shape.embedding)
        self.mlp = Perceptron(shape, out_deviation)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """Tokens [batch, tokens] to logits [batch, tokens, vocabulary]. attention: makes one layer's kernel."""

    def __init__(self, shape, attention=Softmax):
        super().__init__()
        self.shape = shape
        self.wte = nn.Embedding(shape.vocabulary, shape.embedding)
        self.wpe = nn.Embedding(shape.context, shape.embedding)
        nn.init.normal_(self.wte.weight, std=INITIAL_DEVIATION)
        nn.init.normal_(self.wpe.weight, std=INITIAL_DEVIATION)
        self.h = nn.ModuleList(Block(shape, attention()) for _ in range(shape.layers))
        self.ln_f = nn.LayerNorm(shape.embedding)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T

    def set_attention(self, attention):
        for block in self.h:
            block.attn.kernel = attention()

    @property
    def kernels(self):
        return [block.attn.kernel for block in self.h]


def loss(model, tokens):
    """Mean negative log likelihood in nats of each token after the first. tokens: [batch, n]."""
    logits = model(tokens[:, :-1])
    return functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), tokens[:, 1:].reshape(-1))
