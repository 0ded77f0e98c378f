"""What `palaver train` does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


def train(path: Path, data: Path, out: Path, resume: bool, device: str) -> None:
    with told(), gathered(device) as team:
        console = Console(stderr=True, quiet=team.rank > 0)
        with Bars(console) as bars:
            folder = run.train(path, data, out, bars, resume, team)
        if team.rank == 0:
            with kept_whole(folder), measuring(console) as begin:
                report = card.write(folder, data, begin=begin)
            typer.echo(markdown.summary(report))
            typer.echo(f"The checkpoint is in {folder}.")


def distil(path: Path, data: Path, out: Path, teacher: Path | None, resume: bool, device: str) -> None:
    with told():
        values = _taught(path, teacher)
        with tempfile.TemporaryDirectory() as folder:
            told_by = Path(folder) / path.name
            told_by.write_text(toml.render(values), encoding="utf-8")
            train(told_by, data, out, resume, device)


def cache(path: Path, data: Path, teacher: Path | None, device: str, folder: Path, most: int) -> None:
    with told():
        told_by = recipe.made(_taught(path, teacher), path.name)
        spoken = run.read(told_by, data).learnt
        with measuring(Console(stderr=True)) as begin:
            places = tutor.write_down(told_by, spoken, folder, usable(device), most, begin)
        typer.echo(f"The odds of {places} places are in {folder}. Name it as --teacher.")


def _taught(path: Path, teacher: Path | None) -> dict[str, Any]:
    """The recipe's values, with that teacher in place of its own; raise `RecipeError` when there is none."""
    values = recipe.read(path)
    if teacher:
        values["teacher"] = {**values.get("teacher", {}), "path": str(teacher)}
    named = values.get("teacher", {})
    if not (named.get("path") or named.get("endpoint")):
        raise RecipeError(f"{path.name} names no teacher. Give one: --teacher FOLDER.")
    return values


def search(path: Path, data: Path, out: Path, resume: bool, device: str, trials: int) -> None:
    with told():
        try:
            from nlg.training.search.trials import HISTORY, Search, prepare  # noqa: PLC0415 - optuna is an extra
        except ImportError as error:
            raise RecipeError(f"--search needs one more package: pip install 'palaver[train]' ({error})") from error
        examples = prepare(path, data, out, resume)
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
