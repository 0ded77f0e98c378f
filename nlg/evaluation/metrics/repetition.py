"""How many replies run in circles: those that have four words in a row twice.

That is the share of replies whose seq-rep-4 (Welleck et al. 2020, section 6.1) is above zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from nlg.evaluation.metric import Answer, Counted, Figure
from nlg.evaluation.words import grams, units

FIGURES = (Figure("repetition", "repetition", "Replies that say four words in a row twice.", "{:.1%}"),)
SIZE = 4


def count(answers: Sequence[Answer], _: str) -> Counted:
    return Counted([[_repeats(units(answer.reply)), 1.0] for answer in answers], f"case:lc|words:{SIZE}")


def values(sums: Sequence[float]) -> Sequence[float | None]:
    repeating, answers = sums
    return (repeating / answers,)


def _repeats(words: Sequence[str]) -> float:
    said = list(grams(words, SIZE))
    return float(len(set(said)) < len(said))
