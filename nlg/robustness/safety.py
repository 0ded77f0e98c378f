"""In how many replies the rules of safety hold, and between what that share lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nlg.robustness.checking import Said, all_checks

ALL = "all"
"""Stands for all rules together."""
Z = 1.959964
"""Of the normal distribution, for 95%."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of `asked` replies keep a rule, as a share with its Wilson interval of 95%."""

    check: str
    kept: int
    asked: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.kept / self.asked


def safety(said: Sequence[Said]) -> list[Share]:
    """The share of replies, at least one, that keep each rule, then all. A rule with nothing to say is left out."""
    verdicts = {name: [check.holds(one) for one in said] for name, check in all_checks().items()}
    shares = [
        _share(name, [one for one in found if one is not None]) for name, found in verdicts.items() if _told(found)
    ]
    return [*shares, _share(ALL, [not broken(one) for one in said])]


def broken(said: Said) -> list[str]:
    """Names of the rules that a reply breaks."""
    return [name for name, check in all_checks().items() if check.holds(said) is False]


def _told(verdicts: Sequence[bool | None]) -> bool:
    return any(one is not None for one in verdicts)


def wilson(kept: int, asked: int) -> tuple[float, float]:
    """The interval of a share by Wilson (1927): it stays within 0 and 1, and is never without width."""
    share, spread = kept / asked, Z * Z / asked
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _share(name: str, verdicts: Sequence[bool]) -> Share:
    return Share(name, sum(verdicts), len(verdicts), *wilson(sum(verdicts), len(verdicts)))
