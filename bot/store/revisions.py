"""Brings the database to the newest revision, and says where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

import migrations
from bot.errors import SettingsError
from bot.plugins import load_plugin, plugin_names
from bot.store import tables
from bot.store.database import Database

LOCK = 7_205_759_403_792_793
"""Of PostgreSQL's advisory locks, the one that lets a single process migrate."""
SEARCH = ("turn_words", "turn_trigrams")
"""Tables of the search index, and how those begin that SQLite makes for it. They differ from database to database."""


def declared(name: str | None, kind: str, parents: object) -> bool:  # noqa: ARG001 - signature of the hook
    """Say whether a table of the database is one of ours to compare: search indices are made by their migration."""
    return kind != "table" or not (name or "").startswith(SEARCH)


COMPARED: dict[str, Any] = {"compare_type": True, "include_name": declared}


def metadata() -> MetaData:
    """Return the tables of every file in `bot.store.tables`."""
    for name in plugin_names(tables):
        load_plugin(tables, name)
    return tables.Base.metadata


async def upgrade(database: Database, target: str = "head") -> None:
    """Run what is missing; processes that start together wait for one another. Raises `StoreDown`.

    Raises `SettingsError` when the database was written by a newer Palaver than this one.
    """
    await _run(database, lambda config: command.upgrade(config, target))


async def downgrade(database: Database, target: str) -> None:
    """Undo revisions down to `target` (`base` for all). Raises `StoreDown`."""
    await _run(database, lambda config: command.downgrade(config, target))


async def current(database: Database) -> str | None:
    """Return the database's revision, `None` before the first. Raises `StoreDown`."""
    async with database.read() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


def newest() -> str | None:
    """Return the revision this Palaver works with."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


async def drift(database: Database) -> list[Any]:
    """Return what the tables in the code have and the migrated database has not, and the other way round."""
    async with database.read() as connection:
        return await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts=COMPARED), metadata())
        )


async def _run(database: Database, work: Any) -> None:
    def locked(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        _refuse_newer(connection)
        work(_config(connection))

    async with database.begin() as connection:
        await connection.run_sync(locked)


def _refuse_newer(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions()}
    if found is not None and found not in known:
        raise SettingsError(
            f"The database is at revision {found}, which this version of Palaver does not know. "
            "Install the newer Palaver again, or point PALAVER_DATABASE_URL at another database."
        )


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
