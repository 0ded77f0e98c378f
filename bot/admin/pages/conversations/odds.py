"""How sure a model was, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.admin.visible import Stretch, visible
from bot.admin.writing import share_of

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

    @property
    def blank(self) -> bool:
        """Whether it is only space."""
        return all(piece.text.isspace() and not piece.sign for piece in self.stretches)


def shaded(odds: Sequence[tuple[str, float]]) -> list[Shaded]:
    return [_shaded(text, share_of(one)) for text, one in odds]


def _shaded(text: str, share: float) -> Shaded:
    return Shaded(visible(text), share, next((at for at, bound in enumerate(BOUNDS) if share >= bound), STEPS - 1))
