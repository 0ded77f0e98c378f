"""What `palaver fuse` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from nlg import card, checkpoint, plugins
from nlg.errors import RecipeError
from nlg.evaluation.page import markdown
from nlg.evaluation.progress import bars
from nlg.fusing.fuse import Wish, fuse, reader, save
from nlg.settings import build
from nlg.telling import told, writing
from nlg.training import recipe
from nlg.training.run import RECIPE
from nlg.training.team import gather


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
        with writing(out.parent):
            out.parent.mkdir(parents=True, exist_ok=True)
        first = checkpoint.load(wish.members[0])
        sources = choice.sources or recipe.load(wish.members[0] / RECIPE).text.sources
        read = reader(choice.data, sources, first, choice.limit)
        made, blend = fuse(fusion, wish, read, gather(choice.device).device)
        version = save(out, made, blend, wish.members)
        typer.echo(blend.note)
        if measure:
            with bars(Console(stderr=True)) as begin:
                report = card.write(out, choice.data, begin=begin)
            typer.echo(markdown.summary(report))
        typer.echo(f"{made.name}@{version} is in {out}.")


def _setting(text: str) -> tuple[str, Any]:
    """NAME=VALUE, the value as in a recipe."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), recipe.plain(value)
    except ValueError as error:
        raise RecipeError(f"--set {text}: write NAME=VALUE, the value as in a recipe, such as density=0.3.") from error
