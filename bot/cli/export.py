"""`palaver export`: conversations and what reviewers said of them, as files."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.exporting import Order
    from bot.store.database import Database

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In UTC.")]


def register(app: typer.Typer) -> None:
    app.command()(export)


def export(  # noqa: PLR0913, PLR0917 - each is one option of the command
    kind: Annotated[str, typer.Argument(help="transcripts, corrections or preferences.")],
    out: Annotated[Path, typer.Option(help="The file to write: .jsonl or .csv.")],
    redact: Annotated[str, typer.Option(help="How personal data is taken out: rules, presidio, or none.")] = "rules",
    since: Day = None,
    until: Day = None,
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    language: Annotated[str, typer.Option(help="Only this language: en or zh.")] = "",
    model: Annotated[str, typer.Option(help="Only replies of this model, by its name or as name@version.")] = "",
) -> None:
    """Write conversations, corrections or preferences to a file that trains the next model.

    Each row says where it is from, how it was redacted, and the version of the data set: the same content is the same
    version. Read a sample before a file leaves the house: no rule finds every name.

    [bold]Examples[/bold]

      palaver export preferences --out preferences.jsonl
      palaver export corrections --out corrections.jsonl --language zh
      palaver export transcripts --out talks.csv --since 2026-03-01 --channel telegram
    """
    from bot.exporting import Order, check_form
    from bot.redaction import redactor
    from bot.store.exporting import Selection

    check_form(out.suffix.removeprefix("."))
    wanted = Selection(_seconds(since), _seconds(until), channel, language, model)
    name, rows = asyncio.run(_export(Order(kind, redactor(redact), wanted), out))
    typer.echo(f"{rows} rows of {name} are in {out}.")


def _seconds(day: datetime | None) -> float | None:
    from datetime import UTC

    return day.replace(tzinfo=UTC).timestamp() if day else None


async def _export(order: Order, out: Path) -> tuple[str, int]:
    from bot.store.database import StoreSettings, open_database
    from bot.store.revisions import upgrade

    database = open_database(StoreSettings.load())
    try:
        await upgrade(database)
        return await _write(database, order, out)
    finally:
        await database.close()


async def _write(database: Database, order: Order, out: Path) -> tuple[str, int]:
    """Write beside the file and put it in place at the end, so that nobody finds half of one."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from bot.exporting import make_dataset

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed} rows"))
    part = out.with_name(f"{out.name}.part")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"Reading {order.kind}")
        async with make_dataset(database, order, lambda rows: progress.update(task, completed=rows)) as made:
            with part.open("wb") as file:
                for chunk in made.chunks(out.suffix.removeprefix(".")):
                    file.write(chunk)
            part.replace(out)
            return made.version.name, made.content.rows
