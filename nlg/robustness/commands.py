"""What `palaver stress` does."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from nlg import checkpoint, default_model
from nlg.errors import NlgError
from nlg.evaluation import asking
from nlg.evaluation.commands import Choice
from nlg.evaluation.progress import bars
from nlg.robustness import page
from nlg.robustness.stress import Stress
from nlg.robustness.stress import stress as ask
from nlg.robustness.wear import sgd_x
from nlg.telling import told, writing
from nlg.training import recipe
from nlg.training.run import RECIPE

REPORT = "stress.md"


def stress(model: Path | None, choice: Choice, out: Path | None, into: Path | None, as_json: bool) -> None:
    with told():
        folder = model or default_model()
        loaded = checkpoint.load(folder)
        sources = choice.sources or recipe.load(folder / RECIPE).text.sources
        asked = asking.load(choice.data, sources, choice.split, choice.limit, choice.seed)
        _prepared(out, into)
        if asked.acts and not sgd_x.ways(choice.data):
            typer.echo(f"{choice.data} has no {sgd_x.FILE}, so acts are asked only as they stand.", err=True)
        with bars(Console(stderr=True)) as begin:
            found = ask(loaded, asked, choice.data, choice.seed, begin)
        typer.echo(found.to_json() if as_json else page.tables(found))
        _write(found, out, into)


def _prepared(out: Path | None, into: Path | None) -> None:
    """Find out before asking, which may take long and would be lost, whether there is a place for what is found."""
    if out:
        with writing(out):
            out.mkdir(parents=True, exist_ok=True)
    if into and not all(mark in _read(into) for mark in (page.BEGIN, page.END)):
        raise NlgError(
            f"{into} has no lines {page.BEGIN} and {page.END} to write between. Put them where tables belong."
        )


def _write(found: Stress, out: Path | None, into: Path | None) -> None:
    if out:
        with writing(out):
            (out / REPORT).write_text(page.page(found), encoding="utf-8")
            (out / "stress.json").write_text(found.to_json(), encoding="utf-8")
            (out / "stress.png").write_bytes(page.picture(found).png())
        typer.echo(f"The report is in {out / REPORT}.", err=True)
    if into:
        with writing(into):
            into.write_text(page.renewed(_read(into), found), encoding="utf-8")
        typer.echo(f"The tables are in {into}.", err=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NlgError(f"{path} cannot be read: {error}. Name another page with --into.") from error
