"""BLEU (Papineni et al. 2002) of a whole corpus by sacrebleu (Post 2018), with all replies of people as references."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU

from nlg.evaluation import sacre
from nlg.evaluation.metric import Answer, Counted, Figure
from nlg.evaluation.words import is_chinese

FIGURES = (
    Figure("bleu", "BLEU", "Runs of one to four words that people's replies have too; 0 to 100.", compared=True),
)


def count(answers: Sequence[Answer], language: str) -> Counted:
    tokenizer = "zh" if is_chinese(language) else "13a"
    return sacre.count(BLEU(tokenize=tokenizer, lowercase=True, force=True), answers)


def values(sums: Sequence[float]) -> Sequence[float | None]:
    return (sacre.value(BLEU(), sums),)
