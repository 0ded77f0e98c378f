"""Which part of a run a step belongs to, and what is learnt by in it."""

from __future__ import annotations

from itertools import accumulate

from nlg import plugins
from nlg.errors import RecipeError
from nlg.losses import Loss
from nlg.settings import build
from nlg.training.objective import Objective
from nlg.training.recipe import Phase, Recipe


def number(recipe: Recipe, step: int, steps: int) -> int:
    """The phase of `step` (from 0) of `steps`, counted from 0."""
    ends = [round(end * steps) for end in accumulate(phase.share for phase in recipe.phases)]
    return next((at for at, end in enumerate(ends) if step < end), len(ends) - 1)


def objectives(recipe: Recipe) -> list[Objective]:
    """What is made smaller in each phase; raise `RecipeError` when a loss does not exist or cannot be set so."""
    care = recipe.care
    return [
        Objective(_losses(phase, f"phases.{at}"), care.smoothing, care.opening)
        for at, phase in enumerate(recipe.phases, start=1)
    ]


def _losses(phase: Phase, where: str) -> list[tuple[float, Loss]]:
    losses = [_loss({**told}, where) for told in phase.losses]
    if not losses:
        raise RecipeError(
            f'{where}.losses: there is nothing to learn by. Name one, such as {{ name = "cross_entropy" }}.'
        )
    return losses


def _loss(settings: dict[str, object], where: str) -> tuple[float, Loss]:
    name, weight = str(settings.pop("name", "")), settings.pop("weight", 1.0)
    if not isinstance(weight, int | float) or weight < 0:
        raise RecipeError(f"{where}.losses: {weight!r} is no weight. Give a number that is not negative.")
    return float(weight), build(plugins.loss(name), settings, f"{where}.losses.{name}")
