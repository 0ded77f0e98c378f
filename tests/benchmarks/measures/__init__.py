"""What is measured, one a file: its name is the name on the command line.

Each offers `async def run(size: Size, folder: Path) -> Measurement`; `folder` is its own and empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Size:
    """How much: webhooks a round, rounds, seconds that people write, and the most turns that a list is made of."""

    webhooks: int = 2000
    rounds: int = 5
    seconds: float = 60.0
    turns: int = 100_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """A table: each figure is a row, its keys are the columns. `targets` are rows as `row` makes them."""

    title: str
    figures: Sequence[dict[str, Any]]
    targets: Sequence[dict[str, Any]] = ()


def row(name: str, target: str, value: object, met: object) -> dict[str, Any]:
    """One target, or a figure without any (empty `target` and `met`)."""
    return {"name": name, "target": target, "value": value, "met": met}


def under(name: str, target: float, value: float) -> dict[str, Any]:
    """A target that a value has to stay under."""
    return row(name, f"under {target:g}", round(value, 2), value < target)
