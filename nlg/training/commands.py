"""What `palaver train` does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from nlg import card
from nlg.errors import RecipeError, TrainingError
from nlg.evaluation.page import markdown
from nlg.evaluation.progress import bars as measuring
from nlg.telling import told
from nlg.training import recipe, run, toml, tutor
from nlg.training.disk import kept_whole
from nlg.training.progress import Bars, SearchBars
from nlg.training.search import history
from nlg.training.team import Team, gathered, usable


@dataclass(frozen=True, slots=True)
class Changes:
    """What a command says in place of the recipe: who teaches, where to start, and what people reviewed."""

    teacher: Path | None = None
    start: Path | None = None
    reviews: Sequence[Path] = ()

    def made(self, values: dict[str, Any]) -> dict[str, Any]:
        """The recipe's values with these."""
        changed = {**values}
        if self.start:
            changed |= {"start": str(self.start)}
        if self.reviews:
            changed["text"] = {**values.get("text", {}), "reviews": list(map(str, self.reviews))}
        teacher = self.teacher or self._reference(values)
        if teacher:
            changed["teacher"] = {**values.get("teacher", {}), "path": str(teacher)}
        return changed

    def _reference(self, values: dict[str, Any]) -> Path | None:
        """A teacher that is the checkpoint where the recipe starts stays that, wherever the command starts."""
        taught = values.get("teacher", {}).get("path")
        return self.start if taught and taught == values.get("start") else None


def train(path: Path, data: Path, out: Path, resume: bool, device: str, changes: Changes) -> None:
    with told(), _changed(path, changes) as told_by:
        _train(told_by, data, out, resume, device)


def distil(path: Path, data: Path, out: Path, resume: bool, device: str, changes: Changes) -> None:
    with told(), _changed(path, changes) as told_by:
        _check_taught(recipe.read(told_by), path)
        _train(told_by, data, out, resume, device)


def cache(path: Path, data: Path, device: str, folder: Path, most: int, changes: Changes) -> None:
    with told():
        values = changes.made(recipe.read(path))
        _check_taught(values, path)
        told_by = recipe.made(values, path.name)
        spoken = run.read(told_by, data).learnt
        with measuring(Console(stderr=True)) as begin:
            places = tutor.write_down(told_by, spoken, folder, usable(device), most, begin)
        typer.echo(f"The odds of {places} places are in {folder}. Name it as --teacher.")


def _train(path: Path, data: Path, out: Path, resume: bool, device: str) -> None:
    with gathered(device) as team:
        console = Console(stderr=True, quiet=team.rank > 0)
        with Bars(console) as bars:
            folder = run.train(path, data, out, bars, resume, team)
        if team.rank == 0:
            with kept_whole(folder), measuring(console) as begin:
                report = card.write(folder, data, begin=begin)
            typer.echo(markdown.summary(report))
            typer.echo(f"The checkpoint is in {folder}.")


@contextmanager
def _changed(path: Path, changes: Changes) -> Iterator[Path]:
    """The recipe to follow: the file itself where nothing is changed, so that it is kept with its comments."""
    if changes == Changes():
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        told_by = Path(folder) / path.name
        told_by.write_text(toml.render(changes.made(recipe.read(path))), encoding="utf-8")
        yield told_by


def _check_taught(values: dict[str, Any], path: Path) -> None:
    """Raise `RecipeError` when there is no teacher."""
    named = values.get("teacher", {})
    if not (named.get("path") or named.get("endpoint")):
        raise RecipeError(f"{path.name} names no teacher. Give one: --teacher FOLDER.")


def search(path: Path, data: Path, out: Path, resume: bool, device: str, trials: int, changes: Changes) -> None:
    with told(), _changed(path, changes) as told_by:
        try:
            from nlg.training.search.trials import HISTORY, Search, prepare  # noqa: PLC0415 - optuna is an extra
        except ImportError as error:
            raise RecipeError(f"--search needs one more package: pip install 'palaver[train]' ({error})") from error
        examples = prepare(told_by, data, out, resume)
        with _one(device) as team, SearchBars(trials, history.load(out / HISTORY), Console(stderr=True)) as bars:
            best = Search(out, examples, team, bars, bars.tried).run(trials)
        typer.echo(best.read_text(encoding="utf-8"))
        typer.echo(f"Train with it: palaver train {best} --out FOLDER")


@contextmanager
def _one(device: str) -> Iterator[Team]:
    with gathered(device) as team:
        if team.size > 1:
            raise TrainingError("--search trains one model after another: start it as one process.")
        yield team
