"""One step of learning: what a model makes of a batch, backwards, and what follows for its weights.

Each step draws its own chance from the seed and its number, so nothing of that has to be kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from nlg.data.batches import Batch
from nlg.errors import TrainingError
from nlg.hearing import check, hear
from nlg.teaching import Nobody, Teacher
from nlg.tokenizer import CONTROLS, MASK
from nlg.training import phases, pieces
from nlg.training.pieces import Piece
from nlg.training.precision import Arithmetic
from nlg.training.recipe import Recipe
from nlg.training.schedule import rate
from nlg.training.team import Team

RANKS_APART = 2**40
"""Far from all numbers that the seeds of steps are made of."""


class RunawayError(TrainingError):
    """Numbers ran away. What was learnt before is kept."""


class Learner:
    """Changes the weights of `model` by AdamW (Loshchilov and Hutter 2019), together with the others of its `team`.

    Whatever the team's size, and in however many parts a batch is read, a step is the same: only what is dropped by
    chance within the model differs.
    """

    def __init__(self, recipe: Recipe, model: nn.Module, team: Team, teacher: Teacher | None = None) -> None:
        self.recipe, self.model, self.team = recipe, model, team
        self.teacher = teacher or Nobody()
        self.shared = team.wrap(model)
        self.optimizer = torch.optim.AdamW(
            model.parameters(), recipe.schedule.rate, weight_decay=recipe.care.weight_decay, fused=True
        )
        self.arithmetic = Arithmetic(recipe.precision, team.device)
        self.phase = 0
        self.objectives = phases.objectives(recipe)
        for objective in self.objectives:
            self.teacher.check(objective.needs)
            check(model, objective.needs)

    def learn(self, batch: Batch, step: int, steps: int) -> float:
        """Take `step` of `steps` and return the loss; raise `RunawayError` in place of spoiling the weights."""
        scaler = self.arithmetic.scaler
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.recipe.schedule, step, steps)
        self.optimizer.zero_grad()
        self.phase = phases.number(self.recipe, step, steps)
        loss = self._add_up(self._share(batch, self.recipe.seed * 1_000_003 + step))
        scaler.unscale_(self.optimizer)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.care.clip)
        self._stop_if_lost(step, loss, float(norm))
        scaler.step(self.optimizer)
        scaler.update()
        return loss

    def loss(self, piece: Piece) -> Tensor:
        """What a piece adds to the loss of its batch."""
        batch, objective = piece.batch.to(self.team.device), self.objectives[self.phase]
        with self.arithmetic.products():
            said = hear(self.shared, batch, objective.needs)
            lesson = self.teacher(batch.plain, objective.needs)
        worse = None if said.worse is None else said.worse.float()
        return objective(replace(said, logits=said.logits.float(), worse=worse), lesson, piece)

    def _share(self, batch: Batch, seed: int) -> list[Piece]:
        """Draw what is hidden in the whole batch, and return the pieces that are ours to read."""
        torch.manual_seed(seed)
        batch = replace(batch, contexts=hide(batch.contexts, self.recipe.care.token_dropout), shown=batch.contexts)
        if self.team.rank:
            torch.manual_seed(seed + self.team.rank * RANKS_APART)
        return pieces.cut(batch, self.recipe.schedule.accumulate * self.team.size)[self.team.rank :: self.team.size]

    def _add_up(self, own: Sequence[Piece]) -> float:
        """Add up the slopes of the pieces, and return the loss of the whole batch."""
        losses = []
        for piece in own[:-1]:
            with self.team.quiet(self.shared):
                losses.append(self._backward(piece))
        losses.append(self._backward(own[-1]))
        return float(self.team.total(torch.stack(losses).sum()))

    def _backward(self, piece: Piece) -> Tensor:
        loss = self.loss(piece)
        # A team takes the mean over its processes, and pieces are to be added up.
        self.arithmetic.scaler.scale(loss * self.team.size).backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _stop_if_lost(self, step: int, loss: float, norm: float) -> None:
        if not math.isfinite(loss) or not (math.isfinite(norm) or self.arithmetic.can_shrink):
            raise RunawayError(
                f"step {step}: the loss is {loss}, its slope {norm}. The last good state and the best model are kept; "
                "lower schedule.rate or care.clip and train into a new folder."
            )


def hide(contexts: Tensor, share: float) -> Tensor:
    """Replace a share of the words of contexts (B, S) by a mask; control tokens stay."""
    if not share:
        return contexts
    chosen = (torch.rand(contexts.shape, device=contexts.device) < share) & (contexts >= len(CONTROLS))
    return contexts.masked_fill(chosen, MASK)
