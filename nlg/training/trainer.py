"""The training loop. It knows a model that scores replies, and no family.

Each step draws its own chance from the seed and its number, so nothing but weights, moments and a counter has to be
kept for a run that goes on after `kill -9` to be the same run.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from nlg import plugins
from nlg.data.batches import Batch, Encoded, Reread, as_is, epoch
from nlg.errors import TrainingError
from nlg.tokenizer import CONTROLS, MASK
from nlg.training import state
from nlg.training.recipe import About, Recipe
from nlg.training.schedule import rate
from nlg.training.state import Progress

SECONDS_BETWEEN_STATES = 60.0


class Watch(Protocol):
    """Who is told how training goes."""

    def stepped(self, step: int, steps: int, loss: float) -> None: ...

    def measured(self, row: dict[str, float], better: bool) -> None: ...


class Trainer:
    """Trains `model` by `recipe` on `examples`. `kept` is the model worth keeping: the running average of weights."""

    def __init__(
        self, recipe: Recipe, model: nn.Module, examples: Sequence[Encoded], folder: Path, reread: Reread = as_is
    ) -> None:
        self.recipe = recipe
        self.model = model
        self.kept = copy.deepcopy(model).eval().requires_grad_(False)
        self.examples = examples
        self.reread = reread
        self.path = folder / "state.safetensors"
        self.optimizer = torch.optim.AdamW(
            model.parameters(), recipe.schedule.rate, weight_decay=recipe.care.weight_decay, fused=True
        )
        self.loss = plugins.loss(recipe.loss)
        self.per_epoch = math.ceil(len(examples) / recipe.schedule.batch)
        self.steps = self.per_epoch * recipe.schedule.epochs
        self.progress = Progress(repr(replace(recipe, about=About())))

    def resume(self) -> None:
        """Go on where the folder's last run stood; raise `TrainingError` when that was another recipe."""
        progress = state.load(self.path, self.model, self.kept, self.optimizer)
        if progress.recipe != self.progress.recipe:
            raise TrainingError("the recipe is not the one this run began with. Train into a new folder.")
        self.progress = progress

    def run(
        self,
        measure: Callable[[nn.Module], dict[str, float]],
        keep: Callable[[nn.Module, Progress], None],
        watch: Watch,
        every: float = SECONDS_BETWEEN_STATES,
    ) -> Progress:
        """Train to the end, or until `measure(kept)["dev"]` no longer falls; call `keep` for each best model.

        The state is saved after each epoch and each `every` seconds. Raises `TrainingError` when numbers run away.
        """
        while self.progress.step < self.steps and self.progress.waited < self.recipe.schedule.patience:
            self._epoch(watch, every)
            self._judge(measure, keep, watch)
            self.save()
        return self.progress

    def save(self) -> None:
        state.save(self.path, self.model, self.kept, self.optimizer, self.progress)

    def _epoch(self, watch: Watch, every: float) -> None:
        number, done = divmod(self.progress.step, self.per_epoch)
        saved = time.monotonic()
        self.model.train()
        batches = epoch(self.examples, self.recipe.schedule.batch, self.recipe.seed, number, self.reread)
        for batch in batches[done:]:
            loss = self._step(batch)
            watch.stepped(self.progress.step, self.steps, loss)
            if time.monotonic() - saved >= every and self.progress.step % self.per_epoch:
                self.save()
                saved = time.monotonic()

    def _step(self, batch: Batch) -> float:
        step = self.progress.step
        torch.manual_seed(self.recipe.seed * 1_000_003 + step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.recipe.schedule, step, self.steps)
        loss = self._loss(batch)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.care.clip)
        self._stop_if_lost(float(loss.detach()), float(norm))
        self.optimizer.step()
        self._average(step)
        self.progress.step += 1
        self.progress.running += float(loss.detach())
        return float(loss.detach())

    def _loss(self, batch: Batch) -> Tensor:
        contexts = hide(batch.contexts, self.recipe.care.token_dropout)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            logits = self.model(contexts, batch.lengths, batch.inputs)
        loss = self.loss(logits.float(), batch.targets)
        opening = self.recipe.care.opening
        return loss + opening * self.loss(logits[:, :1].float(), batch.targets[:, :1]) if opening else loss

    def _stop_if_lost(self, loss: float, norm: float) -> None:
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise TrainingError(
                f"step {self.progress.step}: the loss is {loss}, its slope {norm}. The last good state and the best "
                f"model are kept in {self.path.parent}; lower schedule.rate or care.clip and train into a new folder."
            )

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
        row |= measure(self.kept)
        better = row["dev"] < progress.best
        progress.history.append(row)
        progress.running = 0.0
        progress.best, progress.waited = (row["dev"], 0) if better else (progress.best, progress.waited + 1)
        if better:
            keep(self.kept, progress)
        watch.measured(row, better)


def hide(contexts: Tensor, share: float) -> Tensor:
    """Replace a share of the words of contexts (B, S) by a mask; control tokens stay."""
    if not share:
        return contexts
    chosen = (torch.rand(contexts.shape, device=contexts.device) < share) & (contexts >= len(CONTROLS))
    return contexts.masked_fill(chosen, MASK)
