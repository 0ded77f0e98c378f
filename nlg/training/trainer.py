"""The training loop. It knows a model that scores replies, and no family.

Batches and steps draw their chance from the seed and their number, so nothing but weights, moments and counters has to
be kept for a run that goes on after `kill -9` to be the same run.
"""

from __future__ import annotations

import copy
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from nlg.data.batches import Batch, Encoded, Reread, as_is, epoch
from nlg.evaluation.progress import Done
from nlg.teaching import Teacher
from nlg.teaching.imitation import imitate
from nlg.tokenizer import CONTROLS
from nlg.training import phases, state
from nlg.training.learner import Learner
from nlg.training.recipe import Recipe
from nlg.training.state import Progress
from nlg.training.team import Alone, Team, agreed

SECONDS_BETWEEN_STATES = 60.0


class Watch(Protocol):
    """Who is told how training goes."""

    def stepped(self, step: int, steps: int, loss: float) -> None: ...

    def measured(self, row: dict[str, float], better: bool) -> None: ...

    def noted(self, line: str) -> None: ...

    def begun(self, name: str, total: int) -> Done:
        """A piece of work before the first step, of so many parts."""
        ...


@dataclass(frozen=True, slots=True)
class Material:
    """What is read: examples, how their contexts are read anew each time, and `silent`, that of the tokenizer."""

    examples: Sequence[Encoded]
    reread: Reread = as_is
    silent: int = len(CONTROLS)


class Trainer:
    """Trains `model` by `recipe` on `material`. `kept` is the model worth keeping: the running average of weights.

    In a team, all train and measure, and the process of rank 0 saves.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: nn.Module,
        material: Material,
        folder: Path,
        team: Team | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        self.recipe = recipe
        self.team = team or Alone(torch.device("cpu"))
        self.model = model.to(self.team.device)
        self.kept = copy.deepcopy(self.model).eval().requires_grad_(False)
        self.learner = Learner(recipe, self.model, self.team, teacher)
        self.material = material
        self.path = folder / "state.safetensors"
        self.per_epoch = math.ceil(len(material.examples) / recipe.schedule.batch) * recipe.schedule.rounds
        self.steps = self.per_epoch * recipe.schedule.epochs
        self.progress = Progress()

    def resume(self) -> None:
        """Go on where the folder's last run stood; raise `TrainingError` when that was another model."""
        self.progress = state.load(self.path, self.model, self.kept, self.learner.optimizer)
        if self.progress.scaler:
            self.learner.arithmetic.scaler.load_state_dict(self.progress.scaler)

    def run(
        self,
        measure: Callable[[nn.Module], dict[str, float]],
        keep: Callable[[nn.Module, Progress], None],
        watch: Watch,
    ) -> Progress:
        """Train to the end, or until `measure(kept)["dev"]` no longer falls; call `keep` for each best model.

        The state is saved after each epoch and each minute. Raises `RunawayError` when numbers run away, and
        `TrainingError` when the state cannot be saved.
        """
        if self.learner.arithmetic.note:
            watch.noted(self.learner.arithmetic.note)
        while self.progress.step < self.steps and self.progress.waited < self.recipe.schedule.patience:
            self._epoch(watch)
            self._judge(measure, keep, watch)
            self.save()
        return self.progress

    def save(self) -> None:
        if self.team.rank == 0:
            self.progress.scaler = self.learner.arithmetic.scaler.state_dict()
            state.save(self.path, self.model, self.kept, self.learner.optimizer, self.progress)

    def _epoch(self, watch: Watch) -> None:
        progress = self.progress
        number, done = divmod(progress.step, self.per_epoch)
        saved = time.monotonic()
        self.model.train()
        for batch in self._batches(number)[done:]:
            loss = self.learner.learn(self._own(batch), progress.step, self.steps)
            self._average(progress.step)
            progress.step += 1
            progress.running += loss
            watch.stepped(progress.step, self.steps, loss)
            if time.monotonic() - saved >= SECONDS_BETWEEN_STATES and progress.step % self.per_epoch:
                self.save()
                saved = time.monotonic()

    def _batches(self, number: int) -> list[Batch]:
        """Those of one epoch, which reads as the phase does in which it begins."""
        recipe = self.recipe
        phase = recipe.phases[phases.number(recipe, number * self.per_epoch, self.steps)]
        read, rounds = self.material, recipe.schedule.rounds
        return [
            batch
            for turn in range(number * rounds, (number + 1) * rounds)
            for batch in epoch(read.examples, recipe.schedule.batch, recipe.seed, turn, read.reread, phase.written)
        ]

    def _own(self, batch: Batch) -> Batch:
        """The batch, or its contexts with what the student itself replies to them now."""
        step = self.progress.step
        share = self.recipe.phases[phases.number(self.recipe, step, self.steps)].own
        if not share or random.Random(f"{self.recipe.seed}/own/{step}").random() >= share:
            return batch
        self.model.eval()
        own = imitate(self.model, batch, self.material.silent, self.recipe.seed * 1_000_003 + step)
        self.model.train()
        return own

    @torch.no_grad()
    def _average(self, step: int) -> None:
        decay = min(self.recipe.care.average, (1 + step) / (10 + step))
        for old, new in zip(self.kept.parameters(), self.model.parameters(), strict=True):
            old.lerp_(new, 1 - decay)

    def _judge(
        self,
        measure: Callable[[nn.Module], dict[str, float]],
        keep: Callable[[nn.Module, Progress], None],
        watch: Watch,
    ) -> None:
        progress = self.progress
        row = {"epoch": progress.step / self.per_epoch, "train": progress.running / self.per_epoch}
        row = agreed(self.team, row | measure(self.kept))
        better = row["dev"] < progress.best
        progress.history.append(row)
        progress.running = 0.0
        progress.best, progress.waited = (row["dev"], 0) if better else (progress.best, progress.waited + 1)
        if better and self.team.rank == 0:
            keep(self.kept, progress)
        watch.measured(row, better)
