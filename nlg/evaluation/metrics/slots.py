"""Slot error rate of acts and their wording (Wen et al. 2015): slots that are missing or too many, of all wanted."""

from __future__ import annotations

from collections.abc import Sequence

from nlg.data.acts import covered
from nlg.evaluation.metric import Answer, Counted, Figure

FIGURES = (
    Figure(
        "slot_error_rate", "slot errors", "Slots that are missing or too many, of all that the acts want.", "{:.1%}"
    ),
    Figure("slots_missing", "slots missing", "Slots that are not said, of all that the acts want.", "{:.1%}"),
    Figure("slots_redundant", "slots too many", "Slots said twice or not wanted, of all that the acts want.", "{:.1%}"),
)


def count(answers: Sequence[Answer], _: str) -> Counted:
    return Counted([_row(answer) for answer in answers], "slots:placeholders")


def values(sums: Sequence[float]) -> Sequence[float | None]:
    missing, superfluous, wanted, asked = sums
    if not asked:
        return None, None, None
    return [wrong / max(1.0, wanted) for wrong in (missing + superfluous, missing, superfluous)]


def _row(answer: Answer) -> list[float]:
    if answer.wanted is None:
        return [0.0] * 4
    found = covered(answer.reply, answer.wanted)
    return [float(found.missing), float(found.superfluous), float(found.wanted), 1.0]
