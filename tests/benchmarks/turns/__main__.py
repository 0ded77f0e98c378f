"""`python -m tests.benchmarks.turns 1000000 --url postgresql://...`: fill an empty database with a year of talks.

python -m tests.benchmarks.turns 10000 --url sqlite:///build/turns.sqlite3
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.store.database import StoreSettings, open_database
from bot.store.revisions import upgrade
from tests.benchmarks.turns.loading import NotEmpty, load


def main(
    turns: Annotated[int, typer.Argument(min=1, help="How many turns.")] = 1_000_000,
    url: Annotated[str, typer.Option(help="The database; without it that of the settings.")] = "",
) -> None:
    """Fill an empty database with made-up conversations of one year."""
    settings = StoreSettings(url=url) if url else StoreSettings.load()
    try:
        asyncio.run(fill(settings, turns))
    except NotEmpty as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None


async def fill(settings: StoreSettings, turns: int) -> None:
    database = open_database(settings)
    columns = (TextColumn("Turns"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        await upgrade(database)
        with Progress(*columns) as progress:
            bar = progress.add_task("turns", total=turns)
            async for stored in load(database, turns):
                progress.update(bar, completed=stored)
    finally:
        await database.close()


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
