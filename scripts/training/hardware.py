"""Attention as the chip computes it, as a layer that trains: the equations of the head in their order, per sub-tile.

Quantisers act in the forward pass only; backward they are the identity (straight through). Clamps keep their own
gradient: none beyond the limits. Everything else is differentiable as it is.

Token t sits in column t mod window; a sub-tile's charge is clamped and counted before the sub-tiles are added. Each
cell adds width * sum over i of C_i (a u)^i, a = exp(-decay * age): leakage of the voltage. (Leakage of the product:
width * a * sum over i of C_i u^i.) Since age = t - j, a^i splits into a factor of the reader t and one of the stored
token j: one matrix product, with the powers of u side by side, reads an array.
"""
import dataclasses
import math

import torch
from torch import nn

SUPPLY_V, OFFSET_V = 0.9, 0.45
COEFFICIENTS = {
    "linear": (0.0, 19.3),
    "cubic": (0.52136361, 13.61226063, -2.62044562, 46.05483778),
}
STAGES = ("q", "k", "v", "output")


@dataclasses.dataclass(frozen=True)
class Head:
    """One head's settings; names and defaults are those of `gca config`."""
    dim: int = 64
    tile_tokens: int = 64
    tiles: int = 16
    window: int = 1024
    cell: str = "cubic"
    query_levels: int = 16  # 0: no quantiser
    store_levels: int = 8
    output: str = "counter"  # mid-tread, off
    output_levels: int = 16
    s_sat: float = 80.0
    a_sat: float = 40.0
    leakage: str = "voltage"  # product, off
    decay_per_token: float = 1.56e-4

    def order_decay(self, order):
        """Decay a token of the cell's term of this order."""
        return {"off": 0, "product": 1, "voltage": order}[self.leakage] * self.decay_per_token


def straight_through(exact, quantised):
    return exact + (quantised - exact).detach()


def quantise(x, full_scale, levels):
    """The nearest of the levels over 0..full_scale, half to even."""
    if levels == 0:
        return x
    return straight_through(x, torch.round(x / full_scale * (levels - 1)) / (levels - 1) * full_scale)


def count(z, kind, levels):
    """The value of a sub-tile's output, z within -1..1."""
    if kind == "off":
        return z
    if kind == "mid-tread":
        steps = (2 * levels - 1) / 2
        return straight_through(z, torch.round(z * steps) / steps)
    return straight_through(z, torch.sign(z) * torch.floor(z.abs() * (levels - 1) + 0.5) / (levels - 1))


class Statistics:
    """Mean and standard deviation of what passes, head by head."""

    def __init__(self):
        self.count, self.sum, self.squares = 0, 0.0, 0.0

    def add(self, x):
        x = x.detach().double().transpose(0, 1).flatten(1)  # [heads, all]
        self.count += x.shape[1]
        self.sum = self.sum + x.sum(1)
        self.squares = self.squares + (x * x).sum(1)

    @property
    def mean(self):
        return self.sum / self.count

    @property
    def deviation(self):
        return (self.squares / self.count - self.mean**2).clamp(min=0).sqrt()


class Attention(nn.Module):
    """One layer's heads. q, k, v: [batch, heads, tokens, dim], from the first token on; the output alike."""

    def __init__(self, head, heads):
        super().__init__()
        self.head = head
        for stage in STAGES:
            self.register_parameter(f"{stage}_a", nn.Parameter(torch.ones(heads)))
            self.register_parameter(f"{stage}_b", nn.Parameter(torch.zeros(heads)))
        self.statistics = None  # a Statistics a stage, while `watch` is on

    def watch(self, on):
        self.statistics = {stage: Statistics() for stage in STAGES} if on else None

    def scaler(self, stage):
        return getattr(self, f"{stage}_a"), getattr(self, f"{stage}_b")

    def scale(self, stage, x):
        a, b = (number[:, None, None] for number in self.scaler(stage))
        x = a * x + b
        if self.statistics is not None:
            self.statistics[stage].add(x)
        return x

    def forward(self, q, k, v):
        head = self.head
        x = quantise(self.scale("q", q).clamp(0, 1), 1.0, head.query_levels)
        u_k = quantise(self.scale("k", k).clamp(0, SUPPLY_V), SUPPLY_V, head.store_levels) - OFFSET_V
        u_v = quantise(self.scale("v", v).clamp(0, SUPPLY_V), SUPPLY_V, head.store_levels) - OFFSET_V
        return self.scale("output", self.respond(x, u_k, u_v))

    def respond(self, x, u_k, u_v):
        """The adders' results in units of the longest pulse. x: widths 0..1; u: volts from the middle."""
        tokens = torch.arange(x.shape[2])
        age = tokens[:, None] - tokens[None, :]
        seen = ((age >= 0) & (age < self.head.window)).to(x.dtype)
        phi = (self.scores(x, u_k) / self.head.s_sat).clamp(0, 1) * seen
        z = (self.charges(phi, u_v) / self.head.a_sat).clamp(-1, 1)
        return count(z, self.head.output, self.head.output_levels).sum(2)

    def orders(self, tokens, dtype):
        """Of each order of the cell: its number, its coefficient, the decay's factors of the reader and the stored."""
        at = torch.arange(tokens, dtype=torch.float64) - tokens // 2
        for order, coefficient in enumerate(COEFFICIENTS[self.head.cell]):
            if coefficient != 0:
                read = (-self.head.order_decay(order) * at).exp().to(dtype)[:, None]
                yield order, coefficient, read, 1 / read

    def scores(self, x, u):
        """Charges of the K array, [batch, heads, reader, stored]."""
        widths, powers = [], []
        for order, coefficient, read, stored in self.orders(x.shape[2], x.dtype):
            widths.append((x.sum(3, keepdim=True) if order == 0 else x) * read)
            powers.append((torch.ones_like(u[..., :1]) if order == 0 else u**order) * (coefficient * stored))
        return torch.cat(widths, 3) @ torch.cat(powers, 3).transpose(2, 3)

    def charges(self, phi, u):
        """Charges of the V array, [batch, heads, sub-tile, reader, dim]."""
        orders = list(self.orders(u.shape[2], u.dtype))
        powers = torch.cat([(torch.ones_like(u[..., :1]) if order == 0 else u**order) * (coefficient * stored)
                            for order, coefficient, _, stored in orders], 3)
        sums = self.by_tile(phi.transpose(2, 3)).transpose(3, 4) @ self.by_tile(powers)
        sizes = [1 if order == 0 else u.shape[3] for order, *_ in orders]
        return sum(part * read for part, (_, _, read, _) in zip(sums.split(sizes, 4), orders))

    def by_tile(self, x):
        """[batch, heads, token, n] to [batch, heads, sub-tile, its tokens, n], zeros where a column holds none."""
        batch, heads, tokens, width = x.shape
        window, tile = self.head.window, self.head.tile_tokens
        window = min(window, tokens)  # a ring that is not full
        turns, tiles = math.ceil(tokens / window), math.ceil(window / tile)
        x = nn.functional.pad(x, (0, 0, 0, turns * window - tokens)).view(batch, heads, turns, window, width)
        x = nn.functional.pad(x, (0, 0, 0, tiles * tile - window)).view(batch, heads, turns, tiles, tile, width)
        return x.transpose(2, 3).reshape(batch, heads, tiles, turns * tile, width)
