"""What a metric of replies promises: it counts something in each reply, and makes figures of the sums.

That form lets the figures of a thousand resamples be had without reading the texts again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to one example, and the replies that people gave to it, at least one.

    `wanted` are the placeholders that acts ask for; None where the example is not of acts.
    """

    reply: str
    references: tuple[str, ...]
    wanted: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a report. `name` is its key in JSON, `shape` how it is written, `says` what it tells.

    `compared` figures are those that a bootstrap may resample.
    """

    name: str
    title: str
    says: str
    shape: str = "{:.1f}"
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A row of K numbers for each answer (N, K), and all it takes to count the same elsewhere."""

    rows: Sequence[Sequence[float]]
    signature: str


class Metric(Protocol):
    """A plugin in `nlg.evaluation.metrics`."""

    FIGURES: Sequence[Figure]

    def count(self, answers: Sequence[Answer], language: str) -> Counted:
        """Count in answers of one language, at least one."""
        ...

    def values(self, sums: Sequence[float]) -> Sequence[float | None]:
        """The value of each of `FIGURES`, given the sums (K,) of rows; None where there was nothing to measure."""
        ...
