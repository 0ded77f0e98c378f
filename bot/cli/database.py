"""`palaver database ...`: the database's revisions."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    commands = typer.Typer(help="The database: bring it up to date, check it, go back.", no_args_is_help=True)
    commands.command()(upgrade)
    commands.command()(downgrade)
    commands.command()(check)
    app.add_typer(commands, name="database")


def upgrade() -> None:
    """Bring the database to the revision of this version. `palaver run` does the same at its start."""
    asyncio.run(_upgrade())


def downgrade(revision: Annotated[str, typer.Argument(help="The revision to go back to; `base` empties it.")]) -> None:
    """Go back to an older revision. Data that only newer revisions hold is lost."""
    asyncio.run(_downgrade(revision))


def check() -> None:
    """Say where the database stands; exit 1 when it is not what this version works with."""
    raise typer.Exit(asyncio.run(_check()))


async def _upgrade() -> None:
    from bot.store import revisions
    from bot.store.database import StoreSettings, open_database

    database = open_database(StoreSettings.load())
    await revisions.upgrade(database)
    typer.echo(f"The database is at revision {await revisions.current(database)}.")
    await database.close()


async def _downgrade(revision: str) -> None:
    from bot.store import revisions
    from bot.store.database import StoreSettings, open_database

    database = open_database(StoreSettings.load())
    await revisions.downgrade(database, revision)
    typer.echo(f"The database is at revision {await revisions.current(database) or 'base'}.")
    await database.close()


async def _check() -> int:
    from bot.store import revisions
    from bot.store.database import StoreSettings, open_database

    database = open_database(StoreSettings.load())
    current = await revisions.current(database)
    differences = await revisions.drift(database)
    await database.close()
    typer.echo(f"Revision {current or 'none'}, newest {revisions.newest()}, {len(differences)} differences.")
    if current == revisions.newest() and not differences:
        return 0
    typer.echo("Run `palaver database upgrade`.")
    return 1
