"""What `palaver document` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import track

from nlg import checkpoint, default_model
from nlg.documents import filling, template
from nlg.documents.writing import Writer
from nlg.errors import RecipeError
from nlg.telling import told, writing


def document(
    source: Path, settings: Sequence[str], fields: Path | None, model: Path | None, tries: int, out: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    with told():
        wanted = template.load(source)
        read = template.read(fields) if fields else {}
        given = filling.values(wanted.fields, {**read, **dict(map(_setting, settings))})
        writer = Writer(checkpoint.load(model or default_model()), tries)
        parts = track(wanted.parts, "Writing", console=Console(stderr=True), transient=True)
        made = writer.write(wanted, given, parts)
        _put(made.to_json() if as_json else made.text, out)
        for note in made.notes():
            typer.echo(note, err=True)


def _setting(told: str) -> tuple[str, str]:
    name, sign, value = told.partition("=")
    if not sign:
        raise RecipeError(f"{told!r} should be NAME=VALUE.")
    return name.strip(), value


def _put(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    with writing(out):
        out.write_text(text, encoding="utf-8")
