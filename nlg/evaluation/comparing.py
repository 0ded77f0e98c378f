"""Compares two models that were asked the same: is one better, or was it luck of the draw?

Paired bootstrap (Koehn 2004): the examples are drawn anew with replacement, 1,000 times, the same draw for both models,
and both are scored on each draw. A model that is better on nearly all draws is better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nlg.evaluation.measuring import Kind, Measured
from nlg.evaluation.metric import Answer, Metric
from nlg.evaluation.progress import Begin, silent
from nlg.evaluation.scoring import all_metrics

RESAMPLES = 1000
SHARE = 0.95
Numbers: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, and between what it lies on 95% of the draws."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure of two models on the examples of one language and kind of turn. `difference` is this less other.

    `p` is two-sided: twice the share of draws on which the difference is nothing or the other way round.
    """

    language: str
    turns: str
    figure: str
    this: Estimate
    other: Estimate
    difference: Estimate
    p: float

    @property
    def certain(self) -> bool:
        """Whether the difference is more than luck at the usual level of 5%."""
        return self.p < 1 - SHARE


@dataclass(frozen=True, slots=True)
class _Resampled:
    """The values of a metric's figures: on all examples, and on each draw."""

    whole: Sequence[float]
    drawn: Numbers  # (R, F)


def compare(
    this: Measured, other: Measured, seed: int = 0, begin: Begin = silent, times: int = RESAMPLES
) -> list[Comparison]:
    """Compare two models that were asked the same, in all figures that can be resampled, group by group."""
    metrics = [metric for metric in all_metrics().values() if any(figure.compared for figure in metric.FIGURES)]
    done = begin("comparison", len(this.places) * len(metrics))
    found: list[Comparison] = []
    for kind in this.places:
        for metric in metrics:
            found += paired(metric, kind, this.said(kind), other.said(kind), seed, times)
            done(1)
    return found


def paired(
    metric: Metric, kind: Kind, this: Sequence[Answer], other: Sequence[Answer], seed: int, times: int
) -> Iterator[Comparison]:
    """Compare the answers of two models to the same examples, on the same draws."""
    one, two = (_resampled(metric, answers, kind[0], seed, times) for answers in (this, other))
    for at, figure in enumerate(metric.FIGURES):
        if figure.compared:
            difference = one.drawn[:, at] - two.drawn[:, at]
            yield Comparison(
                *kind,
                figure.name,
                estimate(one.whole[at], one.drawn[:, at]),
                estimate(two.whole[at], two.drawn[:, at]),
                estimate(one.whole[at] - two.whole[at], difference),
                chance(difference),
            )


def draws(examples: int, times: int, seed: int) -> Iterator[Numbers]:
    """For each draw, how often each of the examples comes in it (N,)."""
    generator = np.random.default_rng(seed)
    for _ in range(times):
        yield np.bincount(generator.integers(0, examples, examples), minlength=examples).astype(np.float64)


def _resampled(metric: Metric, answers: Sequence[Answer], language: str, seed: int, times: int) -> _Resampled:
    rows = np.asarray(metric.count(answers, language).rows, dtype=np.float64)  # (N, K)
    drawn = [_values(metric, often @ rows) for often in draws(len(rows), times, seed)]
    return _Resampled(_values(metric, rows.sum(axis=0)), np.array(drawn))


def _values(metric: Metric, sums: Numbers) -> list[float]:
    return [value or 0.0 for value in metric.values(sums.tolist())]


def estimate(value: float, drawn: Numbers) -> Estimate:
    """A value, and between what it lies on 95% of the draws (R,)."""
    low, high = np.quantile(drawn, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Estimate(value, float(low), float(high))


def chance(difference: Numbers) -> float:
    """The two-sided p of a difference on all draws (R,).

    One draw is added that goes against us, so that no finite number of draws makes anything certain.
    """
    against = min(int((difference <= 0).sum()), int((difference >= 0).sum()))
    return min(1.0, 2 * (against + 1) / (len(difference) + 1))
