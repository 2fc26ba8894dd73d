"""Scalers found without training: until every scaling stage has the mean and the standard deviation it should have.

From the linear cell to the cubic one, the targets are the linear model's own statistics. From softmax to the linear
cell they are the middle of the hardware's ranges for q, k and v, and softmax's own statistics for the output.
"""
import torch
from torch import nn

from training import hardware

TOLERANCE = 1e-4
ITERATIONS = 100
FALLING = 50  # iterations over which the blend's weight falls
FIRST_WEIGHT, LAST_WEIGHT = 1.0, 0.1
# Mean and deviation at the start: two and a half deviations to each side fill the range.
RANGES = {"q": (0.5, 0.2), "k": (0.45, 0.18), "v": (0.45, 0.18)}


class Watched(nn.Module):
    """A kernel without scalers, and its output's statistics."""

    def __init__(self, kernel):
        super().__init__()
        self.kernel = kernel
        self.statistics = hardware.Statistics()

    def forward(self, q, k, v):
        output = self.kernel(q, k, v)
        self.statistics.add(output)
        return output


def weight_at(iteration):
    return max(LAST_WEIGHT, FIRST_WEIGHT + (LAST_WEIGHT - FIRST_WEIGHT) * iteration / FALLING)


@torch.no_grad()
def statistics(model, samples):
    """Per layer and stage: mean and deviation of each head over the samples [batch, tokens]."""
    for kernel in model.kernels:
        kernel.watch(True)
    model(samples)
    found = [{stage: (s.mean, s.deviation) for stage, s in kernel.statistics.items()} for kernel in model.kernels]
    for kernel in model.kernels:
        kernel.watch(False)
    return found


@torch.no_grad()
def targets_of_softmax(model, samples):
    """The targets of a linear-cell model that begins where this softmax model ends."""
    softmax = model.kernels
    for block, kernel in zip(model.h, softmax):
        block.attn.kernel = Watched(kernel)
    model(samples)
    watched = model.kernels
    for block, kernel in zip(model.h, softmax):
        block.attn.kernel = kernel
    heads = torch.ones(model.shape.heads, dtype=torch.float64)
    ranges = {stage: (mean * heads, deviation * heads) for stage, (mean, deviation) in RANGES.items()}
    return [{**ranges, "output": (kernel.statistics.mean, kernel.statistics.deviation)} for kernel in watched]


def differences(found, targets):
    """The largest of each stage over all layers and heads, of means and deviations alike."""
    return {stage: max((layer[stage][i] - target[stage][i]).abs().max().item()
                       for layer, target in zip(found, targets) for i in (0, 1)) for stage in hardware.STAGES}


def blend(kernel, found, target, weight):
    for stage in hardware.STAGES:
        a, b = kernel.scaler(stage)
        (mean, deviation), (target_mean, target_deviation) = found[stage], target[stage]
        ratio = torch.where(deviation > 0, target_deviation / deviation.clamp(min=1e-30), torch.ones_like(deviation))
        a.mul_(1 + weight * (ratio - 1))
        b.add_(weight * (target_mean - mean))


@torch.no_grad()
def adapt(model, targets, samples, say):
    """Sets the model's scalers. Returns the largest difference of each iteration."""
    history = []
    for iteration in range(ITERATIONS + 1):
        found = statistics(model, samples)
        worst = differences(found, targets)
        history.append(max(worst.values()))
        if iteration % 10 == 0 or history[-1] < TOLERANCE:
            say(f"iteration {iteration}: largest difference " +
                ", ".join(f"{stage} {difference:.5f}" for stage, difference in worst.items()))
        if history[-1] < TOLERANCE or iteration == ITERATIONS:
            break
        for kernel, layer, target in zip(model.kernels, found, targets):
            blend(kernel, layer, target, weight_at(iteration))
    return history
