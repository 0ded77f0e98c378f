"""Whether a canary does worse than production: a test that may be looked at as often as one likes.

Counted are conversations, each once: when something goes wrong in it for the first time since the comparison began.
Conversations are drawn by lot, so if the canary is as good as production, such a conversation has the canary with the
probability of its share, whatever the hour, the channel or the person. The evidence is the likelihood ratio of "things
go wrong r times as often with the canary" against that, averaged over some r. It is a martingale that begins at 1, so
by Ville's inequality it ever reaches 1 / error with probability `error` at most, over all looks together and however
long one goes on looking. (Robbins' method of mixtures; as a test of proportions see Johari and others, Always Valid
Inference, Operations Research 70(3), 2022.)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

RATIOS = (1.5, 2.0, 4.0, 8.0, 16.0)
"""How many times worse a canary may be."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Conversations in which something went wrong for the first time, while the canary had `share` of the two."""

    share: float
    canary: int
    production: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """The measure that speaks most against the canary, and how strongly: 1 is not at all."""

    measure: str
    evidence: float
    canary: int
    production: int


def evidence(trials: Iterable[Trial]) -> float:
    """Return how many times likelier what was seen is if the canary is worse than if it is not."""
    counted = [trial for trial in trials if 0 < trial.share < 1]
    logs = [sum(_log_ratio(trial, ratio) for trial in counted) for ratio in RATIOS]
    top = max(logs)
    return math.exp(min(top, 700.0)) * sum(math.exp(one - top) for one in logs) / len(RATIOS)


def _log_ratio(trial: Trial, ratio: float) -> float:
    """Under `ratio`, a conversation that goes wrong has the canary more often than the canary's share."""
    weight = trial.share * ratio + 1 - trial.share
    return trial.canary * math.log(ratio / weight) - trial.production * math.log(weight)


def judge(trials: Mapping[str, Sequence[Trial]], error: float) -> Judgement | None:
    """Return what speaks against the canary, `None` where it is not enough. `trials` are by measure.

    The measures share the error: each has to reach 1 / error as many times as there are measures.
    """
    found = [
        Judgement(measure, evidence(each), sum(t.canary for t in each), sum(t.production for t in each))
        for measure, each in trials.items()
    ]
    worst = max(found, key=lambda one: one.evidence, default=None)
    return worst if worst and worst.evidence >= len(trials) / error else None
