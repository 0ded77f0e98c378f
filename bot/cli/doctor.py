"""`palaver doctor`: what is wrong here, and what to do next."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from bot.findings import Finding

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="First set right what can be: Telegram's webhook.")] = False,
) -> None:
    """Examine this installation: settings, database, model, broker, platforms. Exit 1 when something does not work.

    Without --fix it changes nothing. It may run beside a running bot.

    [bold]Examples[/bold]

      palaver doctor
      palaver doctor --json
      palaver doctor --fix
    """
    from bot.operations.doctor import examine_all
    from bot.operations.mending import mend_all

    mended = asyncio.run(mend_all()) if fix else []
    findings = [*mended, *asyncio.run(examine_all())]
    healthy = all(finding.level != "fail" for finding in findings)
    if as_json:
        typer.echo(json.dumps({"healthy": healthy, "findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        _print(findings)
    raise typer.Exit(0 if healthy else 1)


def _print(findings: list[Finding]) -> None:
    from rich.console import Console

    Console().print(_table(findings))


def _table(findings: list[Finding]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table("", "What", "Found", "Do next", title="Palaver", title_justify="left")
    for finding in findings:
        colour = COLOURS[finding.level]
        table.add_row(Text(finding.level, colour), finding.subject, Text(finding.text), Text(finding.advice))
    return table
