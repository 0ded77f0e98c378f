"""chrF (Popović 2015) of a whole corpus by sacrebleu; of several references, the one that is nearest."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.chrf import CHRF

from nlg.evaluation import sacre
from nlg.evaluation.metric import Answer, Counted, Figure

FIGURES = (
    Figure("chrf", "chrF", "Runs of one to six letters that people's replies have too; 0 to 100.", compared=True),
)


def count(answers: Sequence[Answer], _: str) -> Counted:
    return sacre.count(CHRF(), answers)


def values(sums: Sequence[float]) -> Sequence[float | None]:
    return (sacre.value(CHRF(), sums),)
