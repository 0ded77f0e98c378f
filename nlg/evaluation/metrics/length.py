"""How long replies are, beside those of people; of several references, the one of the nearest length, as in BLEU."""

from __future__ import annotations

from collections.abc import Sequence

from nlg.evaluation.metric import Answer, Counted, Figure
from nlg.evaluation.words import units

FIGURES = (
    Figure("words", "length", "Words and signs of a reply, in Chinese characters."),
    Figure("length_ratio", "length ratio", "All words of the model to those of people; 1 is as long.", "{:.2f}"),
)


def count(answers: Sequence[Answer], _: str) -> Counted:
    return Counted([_row(answer) for answer in answers], "refs:nearest")


def values(sums: Sequence[float]) -> Sequence[float | None]:
    said, real, answers = sums
    return said / answers, said / real if real else None


def _row(answer: Answer) -> list[float]:
    said = len(units(answer.reply))
    real = (len(units(text)) for text in answer.references)
    return [float(said), float(min(real, key=lambda length: (abs(length - said), length))), 1.0]
