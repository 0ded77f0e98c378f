"""A search in one folder: trains with many variants of a recipe, and writes down the best.

The folder holds `recipe.toml`, `tokenizer.json` (that of all trials), `history.json`, `search.png`, `best.toml`, and
`trials/`, in it a run for each trial.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from nlg.errors import RecipeError, TrainingError
from nlg.training import recipe, run, state, toml
from nlg.training.disk import kept_whole, put
from nlg.training.learner import RunawayError
from nlg.training.recipe import Recipe
from nlg.training.run import RECIPE, STATE, TOKENIZER, Examples
from nlg.training.search import history, ranges
from nlg.training.search.chance import Chance
from nlg.training.search.history import Tried, Value
from nlg.training.search.judge import HopelessError, Judge
from nlg.training.search.picture import picture
from nlg.training.team import Team
from nlg.training.trainer import Watch

HISTORY, PICTURE, BEST, TRIALS = "history.json", "search.png", "best.toml", "trials"


def prepare(path: Path, data: Path, folder: Path, resume: bool) -> Examples:
    """Read recipe and data and begin the folder of a search; raise `RecipeError`, `DataError` or `TrainingError`."""
    told = recipe.load(path)
    try_out(path)
    if (folder / STATE).exists():
        raise TrainingError(f"{folder} holds a run, and not a search. Name a new folder.")
    found = run.read(told, data)
    run.begin(path, found, folder, resume)
    if recipe.load(folder / RECIPE).search != told.search:
        raise TrainingError("the ranges are not those this search began with. Search into a new folder.")
    return found


def try_out(path: Path) -> None:
    """Raise `RecipeError` when a recipe's ranges are wrong: better at once than at the end of each trial."""
    space = ranges.space(recipe.load(path).search)
    changes = {**space.fixed, **Chance(space, [], 0).values}
    told = recipe.made(ranges.applied(recipe.read(path), changes), path.name)
    told.config(told.text.vocab_size)


@dataclass(frozen=True, slots=True)
class Search:
    """A search that was prepared: where, with what, by whom, and who is told."""

    folder: Path
    examples: Examples
    team: Team
    watch: Watch
    tell: Callable[[Tried], None]

    @property
    def recipe(self) -> Recipe:
        return recipe.load(self.folder / RECIPE)

    def run(self, trials: int) -> Path:
        """Try until there were so many, and return the recipe that was best.

        Trials that run away, do not fit together or do not fit into memory have failed, and the search goes on. Raises
        `TrainingError` when none came to its end.
        """
        tried = history.load(self.folder / HISTORY)
        while len(tried) < trials or (tried and tried[-1].outcome == "running"):
            tried = self._next(tried)
        if history.best(tried) is None:
            reasons = " ".join(sorted({one.why for one in tried if one.why}))
            raise TrainingError(f"none of {len(tried)} trials came to its end: {reasons}")
        return self.folder / BEST

    def _next(self, tried: Sequence[Tried]) -> list[Tried]:
        """Go on with the trial that was cut, or try another, and write everything down."""
        before = [one for one in tried if one.outcome != "running"]
        cut = next((one.values for one in tried if one.outcome == "running"), None)
        chance = Chance(ranges.space(self.recipe.search), before, self.recipe.seed, cut)
        now = Tried(len(before), chance.values)
        history.save(self.folder / HISTORY, [*before, now])
        done = [*before, self._try(now, chance)]
        self._write(done)
        self.tell(done[-1])
        return done

    def _try(self, now: Tried, chance: Chance) -> Tried:
        folder = self._begin(now)
        judge = Judge(self.watch, chance, [row["dev"] for row in state.history(folder / STATE)])
        began = time.monotonic()
        try:
            run.follow(folder, self.examples, judge, self.team)
        except HopelessError:
            return now.ended("pruned", judge.losses, time.monotonic() - began)
        except (RunawayError, RecipeError, torch.OutOfMemoryError) as error:
            return now.ended("failed", judge.losses, time.monotonic() - began, str(error))
        return now.ended("done", judge.losses, time.monotonic() - began)

    def _begin(self, now: Tried) -> Path:
        folder = self.folder / TRIALS / f"{now.number:03}"
        changes = {**ranges.space(self.recipe.search).fixed, **now.values}
        with kept_whole(folder):
            folder.mkdir(parents=True, exist_ok=True)
            put(folder / TOKENIZER, (self.folder / TOKENIZER).read_bytes())
        put(folder / RECIPE, self._rendered(changes).encode())
        return folder

    def _write(self, done: Sequence[Tried]) -> None:
        """History comes last: what is not in it is tried again. A trial that is in it needs no state any more."""
        found = history.best(done)
        if found:
            head = f"# The best of {len(done)} trials: number {found.number}, with a dev loss of {found.best:.4f}.\n"
            put(self.folder / BEST, (head + self._rendered(found.values)).encode())
        put(self.folder / PICTURE, picture(done))
        history.save(self.folder / HISTORY, done)
        (self.folder / TRIALS / f"{done[-1].number:03}" / STATE).unlink(missing_ok=True)

    def _rendered(self, changes: Mapping[str, Value]) -> str:
        return toml.render(ranges.applied(recipe.read(self.folder / RECIPE), changes))
