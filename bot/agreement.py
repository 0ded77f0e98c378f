"""How far reviewers agree, and how sure a share is. Standard library only."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SURE = 1.959963984540054
"""Standard deviations to each side that hold 95 percent of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `all`, with the interval that holds the true share in 95 of 100 such counts."""

    hits: int
    all: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.hits / self.all if self.all else 0.0


def share(hits: int, of: int) -> Share:
    """Return the share with the score interval of Wilson (1927); of nothing, it is anywhere from 0 to 1."""
    if not of:
        return Share(hits, of, 0.0, 1.0)
    rate, spread = hits / of, SURE**2 / of
    middle = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(rate * (1 - rate) * spread + spread**2 / 4) / (1 + spread)
    return Share(hits, of, max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half)))


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa (1960) of two reviewers' verdicts on the same replies: 1 is agreement, 0 is chance.

    `None` where it is not defined: without pairs, or when both only ever gave the same one verdict.
    """
    if not pairs:
        return None
    first, second = (Counter(side) for side in zip(*pairs, strict=True))
    seen = sum(one == other for one, other in pairs) / len(pairs)
    chance = sum(first[verdict] * second[verdict] for verdict in first) / len(pairs) ** 2
    return None if chance == 1.0 else (seen - chance) / (1 - chance)
