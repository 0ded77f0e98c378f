"""Figures on many draws of the examples, the same draws for all systems.

Paired bootstrap (Koehn 2004), as in `nlg.evaluation.comparing`. As rows add up, all draws are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlg.evaluation.comparing import RESAMPLES, chance, draws, estimate
from nlg.evaluation.metric import Metric
from nlg.evaluation.scoring import all_metrics
from nlg.headline.figures import Counts, Numbers
from nlg.headline.found import Measured

SEED = 0
PERPLEXITY = "perplexity"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A number: on all examples, and on each draw (R,)."""

    value: float
    drawn: Numbers

    @property
    def interval(self) -> tuple[float, float]:
        """Between what it lies on 95% of the draws."""
        told = estimate(self.value, self.drawn)
        return told.low, told.high

    @property
    def p(self) -> float:
        """Two-sided, against 0."""
        return chance(self.drawn)


def combined(rule: Callable[..., Numbers], *parts: Drawn) -> Drawn:
    """What a rule makes of numbers, draw by draw."""
    value = rule(*(np.asarray(part.value) for part in parts))
    return Drawn(float(value), rule(*(part.drawn for part in parts)))


class Resampled:
    """Systems that were asked the same N examples, on the same draws."""

    def __init__(self, systems: Mapping[str, Measured], times: int = RESAMPLES, seed: int = SEED) -> None:
        examples = len(next(iter(systems.values())).counts.surprise)
        self._systems = systems
        self._often = np.array([np.ones(examples), *draws(examples, times, seed)])  # (1 + R, N)

    def figure(self, name: str, *systems: str) -> Drawn:
        """A figure; of several systems, which are one system with several seeds, the mean on each draw."""
        values = np.mean([self._values(name, self._systems[system].counts) for system in systems], axis=0)
        return Drawn(float(values[0]), values[1:])

    def _values(self, name: str, counts: Counts) -> Numbers:
        if name == PERPLEXITY:
            nats, tokens, _ = (self._often @ counts.surprise).T
            return np.asarray(np.exp(nats / tokens), dtype=np.float64)
        which, metric, at = _counting(name)
        return _each(metric, at, (self._often @ counts.rows[which]).tolist())


def _counting(name: str) -> tuple[str, Metric, int]:
    """The metric that has a figure, and at which place."""
    return next(
        (which, metric, at)
        for which, metric in all_metrics().items()
        for at, figure in enumerate(metric.FIGURES)
        if figure.name == name
    )


def _each(metric: Metric, at: int, sums: Sequence[Sequence[float]]) -> Numbers:
    """On a draw in which there is nothing to measure nothing is wrong, and nothing right."""
    return np.asarray([metric.values(row)[at] or 0.0 for row in sums], dtype=np.float64)
