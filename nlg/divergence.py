"""How far two distributions are apart, place by place. Everything is in logarithms, and in nats."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nlg.lessons import Lesson, Said

LEAST = 2.0**-126
"""The least probability that float32 writes down in full. Where less would make a loss infinite, it counts as this."""


def check_temperature(heat: float) -> None:
    """Raise `ValueError` when nothing can be divided by it."""
    if not 0.0 < heat < math.inf:
        raise ValueError(f"temperature {heat} should be above 0 and finite; 1 leaves odds as they are")


def check_share(name: str, share: float, instead: str) -> None:
    """Raise `ValueError` when a mixture would be only one of two distributions: `instead` says what to take then."""
    if not 0.0 < share < 1.0:
        raise ValueError(f"{name} {share} should be above 0 and below 1; {instead}")


def events(said: Said, lesson: Lesson, heat: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities of teacher and student for the same events, at a temperature: both (B, T, K)."""
    assert lesson.signal is not None  # noqa: S101 - a loss that needs odds is only called with them
    size = said.logits.shape[-1]
    return lesson.signal.events(size, heat), lesson.signal.same_events(said.logits, heat)


def kl(first: Tensor, second: Tensor) -> Tensor:
    """KL(first || second) of log-probabilities (B, T, K): (B, T). An event that `first` excludes adds nothing.

    It is infinite where `second` excludes what `first` does not.
    """
    held = first.exp()
    # What is left out is left out before it is multiplied: 0 times infinity would reach the slopes through a `where`.
    return (held * (first - second).masked_fill(held == 0.0, 0.0)).sum(dim=-1)


def possible(odds: Tensor) -> Tensor:
    """Log-probabilities that exclude nothing."""
    return odds.clamp(min=math.log(LEAST))


def mix(first: Tensor, second: Tensor, share: float) -> Tensor:
    """Log of `share` times `first` and the rest of `second`, both log-probabilities. It excludes nothing."""
    return torch.logaddexp(possible(first) + math.log(share), second + math.log1p(-share))
