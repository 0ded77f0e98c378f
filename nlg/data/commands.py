"""What `palaver data` does. Errors that a person can mend are one line on the error output, and exit status 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from nlg.data import cleaning, reading
from nlg.data.progress import bar
from nlg.data.report import terminal
from nlg.data.report.page import page
from nlg.data.report.survey import Count, Survey, Surveyor
from nlg.data.rules import Limits, chosen_rules
from nlg.errors import DataError
from nlg.telling import told, writing

TOKENIZER = "tokenizer.json"


def report(files: Sequence[Path], out: Path | None, tokenizer: Path, examples: int, limits: Limits) -> None:
    with told():
        count = _counting(tokenizer)
        surveys = [_survey(path, Surveyor(chosen_rules(limits), count, examples)) for path in files]
        terminal.show(surveys, Console())
        if out is not None:
            _write(surveys, out)
            typer.echo(f"The report is in {out / 'report.md'}.")


def clean(source: Path, out: Path, limits: Limits) -> None:
    with told():
        outputs = cleaning.Outputs.beside(out)
        with bar(source, Console(stderr=True)) as watch:
            done = cleaning.clean(source, outputs, chosen_rules(limits), watch)
        typer.echo(done.to_markdown())
        typer.echo(f"Kept rows: {outputs.kept}. Rows left out, with reasons: {outputs.dropped}.")


def _survey(path: Path, surveyor: Surveyor) -> Survey:
    with bar(path, Console(stderr=True)) as watch:
        return surveyor.survey(path.name, reading.rows(path, watch))


def _counting(path: Path) -> Count | None:
    try:
        from nlg import tokenizer  # noqa: PLC0415 - an extra
    except ImportError:
        typer.echo("Lengths in tokens need more packages: pip install 'palaver[nlg]'", err=True)
        return None
    file = path / TOKENIZER if path.is_dir() else path
    try:
        loaded = tokenizer.load(file)
    except (OSError, ValueError) as error:
        raise DataError(f"{file} is no tokenizer: {error}. Name a checkpoint or its tokenizer.json.") from error
    return lambda text: len(loaded.encode(text))


def _write(surveys: Sequence[Survey], out: Path) -> None:
    from nlg.data.report.plots import picture  # noqa: PLC0415 - matplotlib takes a second

    names = [f"plot-{number}.png" for number in range(1, len(surveys) + 1)]
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, survey in zip(names, surveys, strict=True):
            (out / name).write_bytes(picture(survey))
        told = json.dumps([survey.to_json() for survey in surveys], ensure_ascii=False, indent=2)
        (out / "report.json").write_text(told + "\n", encoding="utf-8")
        (out / "report.md").write_text(page(surveys, names), encoding="utf-8")
