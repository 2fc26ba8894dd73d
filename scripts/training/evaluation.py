"""Perplexity on held-out text: windows of the whole context side by side; a window's first token is not scored."""
import math

import numpy as np
import torch

from training import transformer

BATCH = 16


def count(model, text, limit):
    """Windows that are measured: the first `limit`, or all; what is left after the last whole window is not."""
    return min(len(text) // model.shape.context, limit)


@torch.no_grad()
def perplexity(model, text, limit):
    windows = text[:count(model, text, limit) * model.shape.context].reshape(-1, model.shape.context)
    parts = torch.from_numpy(windows.astype(np.int64)).split(BATCH)
    return math.exp(sum(transformer.loss(model, part).item() * len(part) for part in parts) / len(windows))
