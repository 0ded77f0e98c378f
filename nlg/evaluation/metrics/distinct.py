"""Distinct-1 and -2 (Li et al. 2016): different words, and pairs of words, as a share of all that the model said.

It falls as more replies are looked at, so compare only figures of equally many.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlg.evaluation.metric import Answer, Counted, Figure
from nlg.evaluation.words import grams, units

FIGURES = (
    Figure("distinct_1", "distinct-1", "Different words as a share of all: how varied it speaks.", "{:.3f}"),
    Figure("distinct_2", "distinct-2", "Different pairs of words as a share of all.", "{:.3f}"),
)
SIZES = (1, 2)


def count(answers: Sequence[Answer], _: str) -> Counted:
    """A row has those runs of words that no row before it has, so only the sum of all rows means something."""
    seen: set[tuple[str, ...]] = set()
    return Counted([_row(units(answer.reply), seen) for answer in answers], "case:lc")


def values(sums: Sequence[float]) -> Sequence[float | None]:
    return [sums[at] / sums[at + 1] if sums[at + 1] else None for at in (0, 2)]


def _row(words: Sequence[str], seen: set[tuple[str, ...]]) -> list[float]:
    row = []
    for size in SIZES:
        said = list(grams(words, size))
        fresh = set(said) - seen
        seen |= fresh
        row += [float(len(fresh)), float(len(said))]
    return row
