"""How fast to learn at each step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from nlg.training.recipe import Fall, Schedule


def rate(schedule: Schedule, step: int, steps: int) -> float:
    """The learning rate of `step` (from 0) of `steps`: a straight climb, then down along half a cosine or a line."""
    climb = max(1, round(schedule.warmup * steps))
    if step < climb:
        return schedule.rate * (step + 1) / climb
    done = min(1.0, (step - climb) / max(1, steps - climb))
    return schedule.final_rate + (schedule.rate - schedule.final_rate) * _LEFT[schedule.fall](done)


_LEFT: Mapping[Fall, Callable[[float], float]] = {
    "cosine": lambda done: (1 + math.cos(math.pi * done)) / 2,
    "linear": lambda done: 1 - done,
}
