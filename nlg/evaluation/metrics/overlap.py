"""Precision, recall and F1 of words, as dialogue research has them (ParlAI, Miller et al. 2017; SQuAD before it).

Small letters, without punctuation and English articles; each word counts as often as both texts have it. Means over all
replies; of several references, that with the best F1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import regex

from nlg.evaluation.metric import Answer, Counted, Figure
from nlg.evaluation.words import spoken, units

FIGURES = (
    Figure("precision", "word precision", "How much of the model's reply a person's reply has too; 0 to 100."),
    Figure("recall", "word recall", "How much of a person's reply the model's has too; 0 to 100."),
    Figure("f1", "word F1", "Both in one, without punctuation and articles; 0 to 100.", compared=True),
)
MARKS = regex.compile(r"[\p{P}\p{S}]")
ARTICLES = frozenset({"a", "an", "the"})


def count(answers: Sequence[Answer], _: str) -> Counted:
    return Counted([_row(answer) for answer in answers], "case:lc|punctuation:no|articles:no|refs:best")


def values(sums: Sequence[float]) -> Sequence[float | None]:
    *scores, answers = sums
    return [100 * score / answers for score in scores]


def _row(answer: Answer) -> list[float]:
    said = _words(answer.reply)
    best = max((_overlap(said, _words(text)) for text in answer.references), key=lambda three: three[2])
    return [*best, 1.0]


def _words(text: str) -> Counter[str]:
    words = units(MARKS.sub(" ", spoken(text)))
    return Counter(word for word in words if word not in ARTICLES)


def _overlap(said: Counter[str], real: Counter[str]) -> tuple[float, float, float]:
    common = (said & real).total()
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / said.total(), common / real.total()
    return precision, recall, 2 * precision * recall / (precision + recall)
