"""What `palaver explain` does."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console

from nlg import checkpoint, default_model
from nlg.contract import Line, Role
from nlg.explaining import terminal
from nlg.explaining.explain import explain as explained
from nlg.explaining.explanation import Explanation
from nlg.telling import told, writing

JSON, PNG = "explanation.json", "explanation.png"


def explain(
    text: str, model: Path | None, reply: str | None, language: str, alternatives: int, out: Path | None, as_json: bool
) -> None:
    with told():
        made = checkpoint.load(model or default_model())
        explanation = explained(made, (Line(Role.USER, text),), language, reply, alternatives)
        if as_json:
            typer.echo(explanation.to_json(), nl=False)
        else:
            terminal.show(explanation, Console())
        if out is not None:
            _write(explanation, out)


def _write(explanation: Explanation, out: Path) -> None:
    from nlg.explaining.picture import picture  # noqa: PLC0415 - matplotlib takes a second

    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        (out / JSON).write_text(explanation.to_json(), encoding="utf-8")
        (out / PNG).write_bytes(picture(explanation))
    typer.echo(f"The picture is {out / PNG}, the figures are {out / JSON}.", err=True)
