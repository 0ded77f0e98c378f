"""Watches a trial and ends it when it is hopeless."""

from __future__ import annotations

from collections.abc import Sequence

from nlg.evaluation.progress import Done
from nlg.training.search.chance import Chance
from nlg.training.trainer import Watch


class HopelessError(Exception):
    """A trial is worse than the median of the others. No error of anybody's: it ends the training of one trial."""


class Judge:
    """Tells `watch` all it hears. `losses` are the dev losses of all epochs, those before a cut too."""

    def __init__(self, watch: Watch, chance: Chance, losses: Sequence[float]) -> None:
        self._watch, self._chance = watch, chance
        self.losses = list(losses)

    def stepped(self, step: int, steps: int, loss: float) -> None:
        self._watch.stepped(step, steps, loss)

    def measured(self, row: dict[str, float], better: bool) -> None:
        self._watch.measured(row, better)
        self.losses.append(row["dev"])
        if self._chance.hopeless(self.losses):
            raise HopelessError

    def noted(self, line: str) -> None:
        self._watch.noted(line)

    def begun(self, name: str, total: int) -> Done:
        return self._watch.begun(name, total)
