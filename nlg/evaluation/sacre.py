"""Gets from sacrebleu what it counts in each reply, so that thousands of resamples need not read the texts again.

Its own significance tests go the same way. These two methods are what sacrebleu asks each of its metrics for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sacrebleu.metrics.base import Metric

from nlg.evaluation.metric import Answer, Counted
from nlg.evaluation.words import spoken


def count(metric: Metric, answers: Sequence[Answer]) -> Counted:
    """What the metric counts in each answer, with its signature."""
    rows = metric._extract_corpus_statistics([spoken(answer.reply) for answer in answers], streams(answers))
    return Counted(rows, str(metric.get_signature()))


def value(metric: Metric, sums: Sequence[float]) -> float:
    """The score of a corpus, given the sums of its rows."""
    return float(metric._compute_score_from_stats(list(sums)).score)


def streams(answers: Sequence[Answer]) -> list[list[Any]]:
    """The first reference of each answer, then the second of each and so on; None where there are no more."""
    most = max(len(answer.references) for answer in answers)
    return [[_nth(answer, at) for answer in answers] for at in range(most)]


def _nth(answer: Answer, at: int) -> str | None:
    return spoken(answer.references[at]) if at < len(answer.references) else None
