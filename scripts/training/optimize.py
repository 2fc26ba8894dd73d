"""The loop that all trained stages share: AdamW, warm-up and cosine decay, checkpoints, progress.

A step's batch follows from seed, stage and step alone, so a run that was interrupted ends with the same weights as
one that was not (same machine, same number of threads). The number of steps may be changed when a run goes on: the rate
then follows the new number from there on, and the checkpoint keeps which number held from which step.
"""
import dataclasses
import math
import os
import pickle
import time
import zlib

import numpy as np
import torch

from training import transformer
from training.errors import UsageError

WARM_UP_STEPS = 100
LAST_RATE = 0.05  # of the highest
SCALERS_SHARE = 0.2  # of the rate: a scaler of 0.1 should not move by a percent a step
PROGRESS_S = 10
CHECKPOINT_S = 120


@dataclasses.dataclass(frozen=True)
class Schedule:
    stage: str
    steps: int
    rate: float
    batch: int
    seed: int


def rate_at(schedule, step):
    warm_up = min(WARM_UP_STEPS, schedule.steps // 10)
    if step < warm_up:
        return schedule.rate * (step + 1) / warm_up
    done = (step - warm_up) / max(schedule.steps - warm_up, 1)
    return schedule.rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * done)))


def batch_of(schedule, step, text, length):
    random = np.random.default_rng([schedule.seed, zlib.crc32(schedule.stage.encode()), step])
    starts = random.integers(0, len(text) - length + 1, schedule.batch)
    return torch.from_numpy(np.stack([text[start:start + length] for start in starts]).astype(np.int64))


def optimizer_of(model):
    scalers = [p for kernel in model.kernels for p in kernel.parameters()]
    rest = [p for name, p in model.named_parameters() if ".kernel." not in name]
    groups = [{"params": [p for p in rest if p.dim() >= 2], "weight_decay": 0.1, "share": 1.0},
              {"params": [p for p in rest if p.dim() < 2], "weight_decay": 0.0, "share": 1.0}]
    if scalers:
        groups.append({"params": scalers, "weight_decay": 0.0, "share": SCALERS_SHARE})
    return torch.optim.AdamW(groups, betas=(0.9, 0.95), eps=1e-8)


def save(path, state):
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    os.replace(partial, path)


def load(path, model, optimizer):
    """Returns how many steps were done, and the plan: [first step, number of steps], ..."""
    try:
        state = torch.load(path)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        return state["step"], state["plan"]
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, KeyError, TypeError, ValueError):
        raise UsageError(f"{path} is no checkpoint of this model: remove it to begin its stage again") from None


class Pace:
    """Speaks every few seconds: the loss since the last time, and how long it will take."""

    def __init__(self, schedule, first, say):
        self.schedule, self.first, self.say = schedule, first, say
        self.start = self.spoke = time.monotonic()
        self.losses = []

    def add(self, step, loss):
        self.losses.append(loss)
        now = time.monotonic()
        done = step + 1
        if now - self.spoke < PROGRESS_S and done < self.schedule.steps:
            return
        left = (self.schedule.steps - done) * (now - self.start) / (done - self.first)
        mean = sum(self.losses) / len(self.losses)
        self.say(f"{self.schedule.stage}: step {done} of {self.schedule.steps}, "
                 f"training perplexity {math.exp(mean):.3f}, {left / 60:.0f} min left")
        self.spoke, self.losses = now, []


def train(model, schedule, text, checkpoint, say):
    """Goes on from `checkpoint` (a path) if it is there; leaves it there when done. Returns the plan."""
    optimizer = optimizer_of(model)
    first, plan = 0, [[0, schedule.steps]]
    if checkpoint.exists():
        first, plan = load(checkpoint, model, optimizer)
        if plan[-1][1] != schedule.steps and first < max(plan[-1][1], schedule.steps):
            plan.append([first, schedule.steps])
    pace = Pace(schedule, first, say)
    saved = time.monotonic()
    for step in range(first, schedule.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(schedule, step) * group["share"]
        loss = transformer.loss(model, batch_of(schedule, step, text, model.shape.context + 1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        pace.add(step, loss.item())
        if time.monotonic() - saved > CHECKPOINT_S or step + 1 == schedule.steps:
            save(checkpoint, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1,
                              "plan": plan})
            saved = time.monotonic()
    return plan
