"""Shares with their 95 % intervals, where what is counted comes in conversations.

Replies of one conversation are alike: with fifty of them one has not asked fifty people. So the interval is that of
Wilson for the number of independent replies that would be as uncertain (Kish's design effect, as in Dean and Pagano,
Evaluating Confidence Interval Methods for Binomial Proportions in Clustered Surveys, 2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.store.rollout.figures import Clusters

Z = 1.959964


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share and its interval. `counted` things were looked at."""

    share: float
    low: float
    high: float
    counted: int


def estimate(sums: Clusters) -> Estimate | None:
    """Return the share with its interval; `None` where nothing was counted."""
    if not sums.n:
        return None
    share = sums.x / sums.n
    low, high = wilson(share, sums.n / _effect(sums, share))
    return Estimate(share, low, high, round(sums.n))


def wilson(share: float, n: float) -> tuple[float, float]:
    """Return Wilson's interval of a share among `n` independent things."""
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _effect(sums: Clusters, share: float) -> float:
    """How many things of one conversation say as much as one of its own.

    Where all are the same nothing tells: then a conversation counts as one thing.
    """
    simple = share * (1 - share) / sums.n
    if sums.conversations < 2 or simple <= 0:
        return sums.n / sums.conversations
    spread = max(0.0, sums.xx - 2 * share * sums.nx + share * share * sums.nn)
    clustered = sums.conversations / (sums.conversations - 1) * spread / sums.n**2
    return max(1.0, clustered / simple)
