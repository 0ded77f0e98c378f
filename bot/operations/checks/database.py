"""Is the database there, at the newest revision, and does it keep what it says it keeps?"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL

from bot.errors import SettingsError
from bot.findings import Finding, fail, ok, warn
from bot.store.database import Database, StoreSettings, database_url, open_database
from bot.store.lockfile import LockFile
from bot.store.revisions import current, newest

SUBJECT = "database"
DURABLE = ("fsync", "synchronous_commit")
"""What PostgreSQL needs so that a committed message survives a power failure."""


async def examine() -> list[Finding]:
    """Raises `SettingsError` for a URL we cannot serve, `StoreDown` for a database that is away."""
    settings = StoreSettings.load()
    path = _file(database_url(settings.url))
    if path is not None and _is_missing(path):
        return [_not_yet(path)]
    database = open_database(settings)
    try:
        await database.ping()
        return [await _revision(database), *(_lock(database) if database.embedded else await _promises(database))]
    finally:
        await database.close()


def _file(url: URL) -> Path | None:
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _is_missing(path: Path) -> bool:
    return not path.exists()


def _not_yet(path: Path) -> Finding:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not os.access(folder, os.W_OK):
        return fail(SUBJECT, f"{path} cannot be made: {folder} is not writable.", "Change PALAVER_DATABASE_URL.")
    return ok(SUBJECT, f"{path} will be made at the first start.")


async def _revision(database: Database) -> Finding:
    found, wanted = await current(database), newest()
    if found == wanted:
        return ok(SUBJECT, f"Reachable, at revision {found}.")
    return warn(
        SUBJECT,
        f"Reachable, at revision {found or 'none'}; this Palaver works with {wanted}.",
        "Run `palaver database upgrade`; `palaver run` does it at its start.",
    )


def _lock(database: Database) -> list[Finding]:
    try:
        with LockFile(database.engine.url):
            return [ok("lock", "No other process uses the database.")]
    except SettingsError:
        return [ok("lock", "A running Palaver holds the database.")]


async def _promises(database: Database) -> list[Finding]:
    """An accepted message is only safe where a commit is on the disk."""
    async with database.read() as connection:
        shown = {name: (await connection.execute(text(f"SHOW {name}"))).scalar() for name in DURABLE}
    return [
        warn(SUBJECT, f"PostgreSQL has {name}=off: a power failure loses accepted messages.", f"Set {name}=on.")
        for name, value in shown.items()
        if value == "off"
    ]
