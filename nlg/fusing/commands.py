"""What `palaver fuse` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from nlg import card, checkpoint, plugins
from nlg.data.batches import Batch
from nlg.errors import RecipeError
from nlg.evaluation.page import markdown
from nlg.evaluation.progress import bars
from nlg.fusing.fuse import Read, Wish, check_out, fuse, reader, save
from nlg.settings import build
from nlg.telling import told, writing
from nlg.training import recipe
from nlg.training.run import RECIPE
from nlg.training.team import usable


@dataclass(frozen=True, slots=True)
class Choice:
    """What to choose weights by: `limit` examples of the dev split of some sources."""

    data: Path
    sources: Sequence[str]
    limit: int
    device: str


def fusing(method: str, wish: Wish, settings: Sequence[str], choice: Choice, out: Path, measure: bool) -> None:
    with told():
        fusion = build(plugins.fusion(method), dict(map(_setting, settings)), method)
        check_out(out, wish.members)
        with writing(out.parent):
            out.parent.mkdir(parents=True, exist_ok=True)
        made, blend = fuse(fusion, wish, _read(wish.members[0], choice), usable(choice.device))
        save(out, made, blend, wish.members)
        typer.echo(blend.note)
        if measure:
            _measure(out, choice.data)
        typer.echo(f"{checkpoint.load(out).id} is in {out}.")


def _read(first: Path, choice: Choice) -> Read:
    """Looks for data only when it is asked: many fusions need none."""

    def read(split: str, context: int) -> list[Batch]:
        sources = choice.sources or recipe.load(first / RECIPE).text.sources
        return reader(choice.data, sources, checkpoint.load(first), choice.limit)(split, context)

    return read


def _measure(out: Path, data: Path) -> None:
    if not (out / RECIPE).is_file():
        typer.echo(f"No model has a {RECIPE} that names what it learnt from. Measure: palaver evaluate {out} --source")
        return
    with bars(Console(stderr=True)) as begin:
        report = card.write(out, data, begin=begin)
    typer.echo(markdown.summary(report))


def _setting(text: str) -> tuple[str, Any]:
    """NAME=VALUE, the value as in a recipe."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), recipe.plain(value)
    except ValueError as error:
        raise RecipeError(f"--set {text}: write NAME=VALUE, the value as in a recipe, such as density=0.3.") from error
