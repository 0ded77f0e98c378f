"""What `palaver evaluate` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from nlg import card as cards
from nlg import checkpoint, default_model, grading
from nlg.evaluation import asking, rules
from nlg.evaluation.findings import Findings, find
from nlg.evaluation.measuring import searching
from nlg.evaluation.page import html, markdown
from nlg.evaluation.page.plots import plots
from nlg.evaluation.progress import bars
from nlg.telling import told, writing
from nlg.training import recipe
from nlg.training.run import RECIPE

PAGE = "report.html"


@dataclass(frozen=True, slots=True)
class Choice:
    """What to ask: a split of some sources in a folder, all of it or `limit` examples.

    Without sources, those that the model learnt from.
    """

    data: Path
    split: str
    sources: Sequence[str]
    limit: int
    seed: int


@dataclass(frozen=True, slots=True)
class Reply:
    """How replies are chosen: the one that `choice` takes of those that so many beams found; 0: token by token."""

    beams: int = 0
    choice: str = "likeliest"


def evaluate(
    model: Path | None, against: Path | None, choice: Choice, reply: Reply, out: Path | None, as_json: bool
) -> None:
    with told():
        rule = rules.named(against)
        folders = [model or default_model(), *([against] if against and not rule else [])]
        checkpoints = [checkpoint.load(folder) for folder in folders]
        wanted = searching(reply.beams, reply.choice, min(one.decoding.max_tokens for one in checkpoints))
        sources = choice.sources or recipe.load(folders[0] / RECIPE).text.sources
        asked = asking.load(choice.data, sources, choice.split, choice.limit, choice.seed)
        if out:
            with writing(out):  # before measuring, which may take long and would be lost
                out.mkdir(parents=True, exist_ok=True)
        with bars(Console(stderr=True)) as begin:
            findings = find(checkpoints, asked, choice.seed, begin, wanted, rule)
        typer.echo(findings.to_json() if as_json else markdown.figures(findings))
        if out:
            _write(findings, out)
            typer.echo(f"The report is in {out / PAGE}.", err=True)


def card(model: Path, data: Path, graded: Path | None) -> None:
    with told():
        read = {grading.FILE: grading.file(graded)} if graded else {}
        with bars(Console(stderr=True)) as begin:
            report = cards.write(model, data, begin=begin, more=read)
        typer.echo(markdown.summary(report))


def _write(findings: Findings, out: Path) -> None:
    drawn = list(plots(findings))
    pictures = {f"{plot.name}.png": plot.png() for plot in drawn}
    said = [(name, plot.says) for name, plot in zip(pictures, drawn, strict=True)]
    texts = {
        PAGE: html.page(findings),
        "report.md": markdown.page(findings, said),
        "report.json": findings.to_json(),
    }
    with writing(out):
        for name, data in (*pictures.items(), *((name, text.encode()) for name, text in texts.items())):
            (out / name).write_bytes(data)
