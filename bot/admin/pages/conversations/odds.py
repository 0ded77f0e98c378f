"""How sure a model was, piece by piece."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.admin.pages.conversations.visible import Stretch, visible

STEPS = 5
"""Shades of the picture: the lightest is the surest."""
BOUNDS = (0.9, 0.6, 0.3, 0.1)
"""Where one shade ends and the next begins."""


@dataclass(frozen=True, slots=True)
class Shaded:
    """A piece of a draft, how likely it was from 0 to 1, and its shade."""

    stretches: Sequence[Stretch]
    share: float
    shade: int


def shaded(odds: Sequence[tuple[str, float]]) -> list[Shaded]:
    return [_shaded(text, share_of(one)) for text, one in odds]


def share_of(odds: float) -> float:
    """Turn a log-probability into a share; what is no number becomes 0."""
    return math.exp(min(odds, 0.0)) if math.isfinite(odds) else 0.0


def _shaded(text: str, share: float) -> Shaded:
    return Shaded(visible(text), share, next((at for at, bound in enumerate(BOUNDS) if share >= bound), STEPS - 1))
