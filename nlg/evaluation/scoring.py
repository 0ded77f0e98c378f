"""All metrics of some answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from nlg import folders
from nlg.evaluation import metrics
from nlg.evaluation.metric import Answer, Metric


@dataclass(frozen=True, slots=True)
class Scores:
    """Values by the names of figures, None where there was nothing to measure; signatures by the names of metrics."""

    values: Mapping[str, float | None]
    signatures: Mapping[str, str]


@cache
def all_metrics() -> Mapping[str, Metric]:
    """The metrics by name."""
    return cast("Mapping[str, Metric]", folders.plugins(metrics))


def score(answers: Sequence[Answer], language: str) -> Scores:
    """Measure answers of one language, at least one."""
    values: dict[str, float | None] = {}
    signatures = {}
    for name, metric in all_metrics().items():
        counted = metric.count(answers, language)
        sums = [sum(column) for column in zip(*counted.rows, strict=True)]
        values |= {figure.name: value for figure, value in zip(metric.FIGURES, metric.values(sums), strict=True)}
        signatures[name] = counted.signature
    return Scores(values, signatures)
