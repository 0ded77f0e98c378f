"""Draws the next trial from what was tried so far, and tells which trials are not worth going on with.

A study is made anew of the history for each trial, with a seed of its own, so a search that was cut goes on as if
nothing had happened. Values are drawn by a tree-structured Parzen estimator (Bergstra et al. 2011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from nlg.training.search.history import Tried, Value
from nlg.training.search.ranges import Space

BLINDLY = 5
"""So many trials are drawn by chance alone before the estimator says anything."""
OTHERS, FIRST_EPOCH = 3, 2
"""A trial is measured against the median of at least so many that came to their end, and not before this epoch."""
_STATES = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


class Chance:
    """A trial that comes after others. `values` is what it should train with: `known` ones, or what is drawn."""

    def __init__(
        self, space: Space, before: Sequence[Tried], seed: int, known: Mapping[str, Value] | None = None
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=seed + len(before), n_startup_trials=BLINDLY),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=OTHERS, n_warmup_steps=FIRST_EPOCH),
        )
        study.add_trials([_frozen(tried, space) for tried in before])
        if known is not None:
            study.enqueue_trial(dict(known))
        self._trial = study.ask(dict(space.drawn))
        self._reported = 0
        self.values: dict[str, Value] = dict(self._trial.params)

    def hopeless(self, losses: Sequence[float]) -> bool:
        """Whether its dev losses, one an epoch, are worse than the median of what others had come to by then."""
        for loss in losses[self._reported :]:
            self._reported += 1
            self._trial.report(loss, self._reported)
        return self._trial.should_prune()


def _frozen(tried: Tried, space: Space) -> FrozenTrial:
    return create_trial(
        state=_STATES[tried.outcome],
        value=tried.best if tried.outcome == "done" else None,
        params=dict(tried.values),
        distributions=dict(space.drawn),
        intermediate_values=dict(enumerate(tried.losses, start=1)),
    )
