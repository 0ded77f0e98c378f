"""What `palaver train` does."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from nlg import card
from nlg.errors import RecipeError, TrainingError
from nlg.evaluation.page import markdown
from nlg.evaluation.progress import bars as measuring
from nlg.telling import told
from nlg.training import run
from nlg.training.disk import kept_whole
from nlg.training.progress import Bars, SearchBars
from nlg.training.search import history
from nlg.training.team import gather


def train(recipe: Path, data: Path, out: Path, resume: bool, device: str) -> None:
    with told():
        team = gather(device)
        console = Console(stderr=True, quiet=team.rank > 0)
        with Bars(console) as bars:
            folder = run.train(recipe, data, out, bars, resume, team)
        if team.rank == 0:
            with kept_whole(folder), measuring(console) as begin:
                report = card.write(folder, data, begin=begin)
            typer.echo(markdown.summary(report))
            typer.echo(f"The checkpoint is in {folder}.")


def search(recipe: Path, data: Path, out: Path, resume: bool, device: str, trials: int) -> None:
    with told():
        try:
            from nlg.training.search.trials import HISTORY, Search, prepare  # noqa: PLC0415 - optuna is an extra
        except ImportError as error:
            raise RecipeError(f"--search needs one more package: pip install 'palaver[train]' ({error})") from error
        team = gather(device)
        if team.size > 1:
            raise TrainingError("--search trains one model after another: start it as one process.")
        examples = prepare(recipe, data, out, resume)
        with SearchBars(trials, history.load(out / HISTORY), Console(stderr=True)) as bars:
            best = Search(out, examples, team, bars, bars.tried).run(trials)
        typer.echo(best.read_text(encoding="utf-8"))
        typer.echo(f"Train with it: palaver train {best} --out FOLDER")
