"""ROUGE-1, -2 and -L (Lin 2004) by rouge-score: the mean F of all replies, of several references the best.

English is cut by the library (small letters, no stemming), Chinese into characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from rouge_score.rouge_scorer import RougeScorer

from nlg.evaluation.metric import Answer, Counted, Figure
from nlg.evaluation.words import is_chinese, spoken, units

FIGURES = (
    Figure("rouge_1", "ROUGE-1", "Words in common with a person's reply, as F; 0 to 100."),
    Figure("rouge_2", "ROUGE-2", "Pairs of neighbours in common, as F; 0 to 100."),
    Figure("rouge_l", "ROUGE-L", "The longest sequence of words in common, as F; 0 to 100.", compared=True),
)
KINDS = ("rouge1", "rouge2", "rougeL")


class Characters:
    """The tokenizer for Chinese that is handed to the library."""

    def tokenize(self, text: str) -> list[str]:
        return units(text)


def count(answers: Sequence[Answer], language: str) -> Counted:
    chinese = is_chinese(language)
    scorer = RougeScorer(KINDS, tokenizer=Characters() if chinese else None)
    cut = "characters" if chinese else "rouge-score"
    signature = f"tok:{cut}|stem:no|score:f|refs:best|version:{version('rouge-score')}"
    return Counted([_row(scorer, answer) for answer in answers], signature)


def values(sums: Sequence[float]) -> Sequence[float | None]:
    *scores, answers = sums
    return [100 * score / answers for score in scores]


def _row(scorer: RougeScorer, answer: Answer) -> list[float]:
    found = scorer.score_multi([spoken(text) for text in answer.references], spoken(answer.reply))
    return [*(float(found[kind].fmeasure) for kind in KINDS), 1.0]
