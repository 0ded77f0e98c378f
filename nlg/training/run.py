"""From a recipe to a checkpoint, in one folder.

The folder holds `recipe.toml`, `tokenizer.json`, `state.safetensors` (to go on), `curve.json`, `curve.png`, and
`model/`, the checkpoint of the best epoch so far.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from nlg import checkpoint, manifest, plugins
from nlg.checkpoint import Checkpoint
from nlg.data import batches, corpus
from nlg.data.examples import Example
from nlg.data.splitting import Splitting
from nlg.errors import RecipeError, TrainingError
from nlg.tokenizer import ReplyTokenizer
from nlg.tokenizer import load as load_tokenizer
from nlg.training import curves, recipe
from nlg.training.measure import surprise
from nlg.training.recipe import Recipe
from nlg.training.state import Progress
from nlg.training.trainer import Trainer, Watch

RECIPE, TOKENIZER, STATE, CURVE, PICTURE, MODEL = (
    "recipe.toml", "tokenizer.json", "state.safetensors", "curve.json", "curve.png", "model"
)  # fmt: skip
DEV_BATCH = 64


@dataclass(frozen=True, slots=True)
class Run:
    """One training run: what to do, with what, and where."""

    recipe: Recipe
    tokenizer: ReplyTokenizer
    folder: Path

    def keep(self, model: nn.Module, _: Progress) -> None:
        """Make the checkpoint of the best model so far."""
        more = {RECIPE: (self.folder / RECIPE).read_bytes()}
        best = Checkpoint(
            self.recipe.name, str(self.recipe.model["family"]), model, self.tokenizer, self.recipe.text.context
        )
        checkpoint.save(best, self.folder / MODEL, more, half=True)

    def draw(self, progress: Progress) -> None:
        """Put the curves into the folder, and with the checkpoint."""
        files = {CURVE: _json(progress.history), PICTURE: curves.picture(progress.history)}
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        kept, _ = manifest.read(self.folder / MODEL)
        checkpoint.write(self.folder / MODEL, {**kept, **files})


def train(path: Path, data: Path, folder: Path, watch: Watch, resume: bool = False) -> Path:
    """Follow the recipe at `path` with the files in `data`, and return the folder of the checkpoint.

    With `resume` a run that was cut goes on as if nothing had happened, and one that never began is begun. Raises
    `RecipeError`, `DataError` or `TrainingError`.
    """
    told = recipe.load(path)
    learnt = corpus.load(data, told.text.sources, "train") + corpus.questions(data, told.text.questions, "train")
    asked = corpus.load(data, told.text.sources, "dev")
    run = Run(told, _tokenizer(told, learnt, folder, path, resume), folder)
    trainer = _trainer(run, learnt)
    if resume and (folder / STATE).exists():
        trainer.resume()
    dev = batches.plain(batches.encode(asked, run.tokenizer, told.text.context), DEV_BATCH)
    run.draw(trainer.run(partial(surprise, batches=dev), run.keep, watch))
    return folder / MODEL


def _tokenizer(told: Recipe, spoken: Sequence[Example], folder: Path, path: Path, resume: bool) -> ReplyTokenizer:
    if (folder / TOKENIZER).exists():
        if not resume:
            raise TrainingError(f"{folder} holds a run already. Add --resume to go on with it, or name a new folder.")
        return load_tokenizer(folder / TOKENIZER)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / RECIPE)
    topics = {example.domain for example in spoken} if told.text.topics else ()
    tokenizer = _given(told) or ReplyTokenizer.train(_texts(spoken), told.text.vocab_size, topics)
    (folder / TOKENIZER).write_text(tokenizer.to_json(), encoding="utf-8")
    return tokenizer


def _given(told: Recipe) -> ReplyTokenizer | None:
    if not told.text.tokenizer:
        return None
    try:
        return load_tokenizer(Path(told.text.tokenizer))
    except (OSError, ValueError) as error:
        raise RecipeError(f"text.tokenizer: {error}") from error


def _texts(spoken: Sequence[Example]) -> list[str]:
    """Each different line once, so that the vocabulary does not depend on how often a reply was repeated."""
    return sorted({text for x in spoken for text in (*(line.text for line in x.lines), *x.replies)})


def _trainer(run: Run, spoken: Sequence[Example]) -> Trainer:
    torch.manual_seed(run.recipe.seed)
    config = run.recipe.config(run.tokenizer.size)
    model = plugins.family(str(run.recipe.model["family"])).build(config)
    encoded = batches.encode(spoken, run.tokenizer, run.recipe.text.context)
    if run.recipe.care.wordings:
        encoded = batches.sparing(encoded, run.recipe.care.wordings)
    split = Splitting(run.tokenizer.parts(), run.recipe.care.token_splits, run.recipe.text.context)
    return Trainer(run.recipe, model, encoded, run.folder, split)


def _json(values: object) -> bytes:
    return (json.dumps(values, indent=1) + "\n").encode()
