"""From a recipe to a checkpoint, in one folder.

The folder holds `recipe.toml`, `tokenizer.json`, `state.safetensors` (to go on), `curve.json`, `curve.png`, and
`model/`, the checkpoint of the best epoch so far. `datasets.json` names the exported data sets that were learnt from.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from pathlib import Path

import torch
from torch import nn

from nlg import checkpoint, manifest, plugins
from nlg.checkpoint import Checkpoint
from nlg.contract import Decoding
from nlg.data import batches, corpus
from nlg.data.batches import Batch, Encoded, Reread
from nlg.data.digressing import Digressing
from nlg.data.examples import Example
from nlg.data.splitting import Splitting
from nlg.data.versions import LEARNT, learnt
from nlg.errors import RecipeError, TrainingError
from nlg.evaluation.progress import Done, silent
from nlg.tokenizer import ReplyTokenizer
from nlg.training import curves, phases, recipe, start, tutor, vocabulary
from nlg.training.disk import kept_whole, put
from nlg.training.measure import surprise
from nlg.training.recipe import Recipe
from nlg.training.state import Progress
from nlg.training.team import Alone, Team, in_turn
from nlg.training.trainer import Material, Trainer, Watch

RECIPE, TOKENIZER, STATE, CURVE, PICTURE, MODEL = (
    "recipe.toml", "tokenizer.json", "state.safetensors", "curve.json", "curve.png", "model"
)  # fmt: skip
DEV_BATCH = 64


@dataclass(frozen=True, slots=True)
class Examples:
    """What is learnt from, and what is asked to see how well: sources, and what people said in reviews."""

    learnt: list[Example]
    asked: list[Example]
    reviewed: list[Example] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """One training run: what to do, with what, and where."""

    recipe: Recipe
    tokenizer: ReplyTokenizer
    folder: Path

    def keep(self, model: nn.Module, _: Progress) -> None:
        """Make the checkpoint of the best model so far."""
        told = self.recipe
        decoding = Decoding(max_tokens=told.text.reply)
        family = str(told.model["family"])
        best = Checkpoint(told.name, family, model, self.tokenizer, told.text.context, decoding)
        with kept_whole(self.folder):
            told_by = [name for name in (RECIPE, LEARNT) if (self.folder / name).exists()]
            more = {name: (self.folder / name).read_bytes() for name in told_by}
            checkpoint.save(best, self.folder / MODEL, more, half=True)

    def draw(self, progress: Progress) -> None:
        """Put the curves into the folder, and with the checkpoint."""
        files = {CURVE: _json(progress.history), PICTURE: curves.picture(progress.history)}
        for name, data in files.items():
            put(self.folder / name, data)
        kept, _ = manifest.read(self.folder / MODEL)
        with kept_whole(self.folder):
            checkpoint.write(self.folder / MODEL, {**kept, **files})


class Silence:
    """Shows nothing: what a process does that is not the one to talk."""

    def stepped(self, step: int, steps: int, loss: float) -> None: ...

    def measured(self, row: dict[str, float], better: bool) -> None: ...

    def noted(self, line: str) -> None: ...

    def begun(self, name: str, total: int) -> Done:
        return silent(name, total)


def train(path: Path, data: Path, folder: Path, watch: Watch, resume: bool = False, team: Team | None = None) -> Path:
    """Follow the recipe at `path` with the files in `data`, and return the folder of the checkpoint.

    With `resume` a run that was cut goes on as if nothing had happened, and one that never began is begun. Without a
    `team` this process trains alone, on the CPU. Raises `RecipeError`, `DataError` or `TrainingError`.
    """
    team = team or Alone(torch.device("cpu"))
    found = read(recipe.load(path), data)
    if team.rank == 0:
        begin(path, found, folder, resume)
    team.total(torch.zeros(1, device=team.device))  # the others wait for what the first has prepared
    follow(folder, found, watch if team.rank == 0 else Silence(), team)
    return folder / MODEL


def read(told: Recipe, data: Path) -> Examples:
    """Read the sources of a recipe; raise `DataError`."""
    files = [Path(file) for file in told.text.reviews]
    learnt = corpus.load(data, [*told.text.sources, *told.text.more], "train", files)
    learnt += corpus.questions(data, told.text.questions, "train")
    reviewed = corpus.reviews(files)
    learnt += reviewed * (told.text.review_rounds - 1)
    # With the reviews, as a reply that was rejected is no longer what a model should be asked for.
    return Examples(learnt, corpus.load(data, told.text.sources, "dev", files), reviewed)


def begin(path: Path, found: Examples, folder: Path, resume: bool) -> None:
    """Put recipe and tokenizer into the folder of a run; raise `TrainingError` when another run is there."""
    told = recipe.load(path)
    if (folder / TOKENIZER).exists():
        _check(told, folder, resume)
        return
    with kept_whole(folder):
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / RECIPE, path.read_bytes())
        earlier = Path(told.start) if told.start else None
        put(folder / LEARNT, learnt([Path(file) for file in told.text.reviews], earlier))
    put(folder / TOKENIZER, vocabulary.choose(told, found.learnt).to_json().encode())


def _check(told: Recipe, folder: Path, resume: bool) -> None:
    if not resume:
        raise TrainingError(f"{folder} holds a run already. Add --resume to go on with it, or name a new folder.")
    if not told.same_run(recipe.load(folder / RECIPE)):
        raise TrainingError("the recipe is not the one this run began with. Train into a new folder.")


def follow(folder: Path, found: Examples, watch: Watch, team: Team) -> Progress:
    """Train in a folder that was begun, from where its state stands; raise `RecipeError` or `TrainingError`."""
    told = recipe.load(folder / RECIPE)
    run = Run(told, vocabulary.load(folder / TOKENIZER), folder)
    trainer = _trainer(run, found.learnt, team, watch)
    if (folder / STATE).exists():
        trainer.resume()
    asked, reviewed = (
        batches.plain(batches.encode(part, run.tokenizer, told.text.context), DEV_BATCH)
        for part in (found.asked, found.reviewed)
    )
    progress = trainer.run(partial(_measured, asked=asked, reviewed=reviewed), run.keep, watch)
    if team.rank == 0:
        run.draw(progress)
    return progress


def _measured(model: nn.Module, asked: Sequence[Batch], reviewed: Sequence[Batch]) -> dict[str, float]:
    """What `surprise` finds. Reviews weigh as much as all else: they are few, and the run is made for their sake."""
    found = surprise(model, asked)
    if not reviewed:
        return found
    reviews = surprise(model, reviewed)["dev"]
    return found | {"dev": (found["dev"] + reviews) / 2, "reviews": reviews}


def _trainer(run: Run, spoken: Sequence[Example], team: Team, watch: Watch) -> Trainer:
    torch.manual_seed(run.recipe.seed)
    config = run.recipe.config(run.tokenizer.size)
    model = plugins.family(str(run.recipe.model["family"])).build(config)
    if run.recipe.start:
        start.take(model, Path(run.recipe.start), run.tokenizer)
    teacher = tutor.listened(run.recipe, run.tokenizer, team.device)
    read = partial(tutor.reading, run.recipe, spoken, run.tokenizer, run.folder, team.device, watch.begun)
    examples = in_turn(team, read)  # a teacher writes once, however many read
    _check_rejected(run.recipe, examples)
    material = Material(examples, _reread(run, examples), run.tokenizer.silent)
    return Trainer(run.recipe, model, material, run.folder, team, teacher)


def _check_rejected(told: Recipe, examples: Sequence[Encoded]) -> None:
    wanted = any("worse" in objective.needs for objective in phases.objectives(told))
    if wanted and not any(example.worse for example in examples):
        raise RecipeError(
            "a loss compares with what people rejected, and nothing was rejected in the data. Give an export of "
            "preferences (--from-reviews FILE), or leave that loss out."
        )


def _reread(run: Run, examples: Sequence[Encoded]) -> Reread:
    """How contexts are read anew each time: after a digression, then in pieces."""
    care, limit = run.recipe.care, run.recipe.text.context
    ways: list[Reread] = [Digressing(examples, care.digressions, limit)] if care.digressions else []
    if care.token_splits:
        ways.append(Splitting(run.tokenizer.parts(), care.token_splits, limit))

    def reread(context: list[int], chance: random.Random) -> list[int]:
        return reduce(lambda tokens, way: way(tokens, chance), ways, context)

    return reread


def _json(values: object) -> bytes:
    return (json.dumps(values, indent=1) + "\n").encode()
