"""The table of versions: the one place that says which models answer. Every process reads it again and again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import RolloutError
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.staff.audit import note
from bot.store.tables.rollout import StagingRow, VersionRow
from bot.versions import Stage, Version, moved, moved_back, production

SETTINGS, AUTOMATIC = "settings", "automatic"
"""Who made a change that no person made."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes something, with which remark; `detail` is why, where nobody did it."""

    by: str
    why: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Staging:
    """One line of the history. `at` in seconds since 1970."""

    version: str
    was: Stage | None
    now: Stage
    share: float
    change: Change
    at: float


class Versions:
    """Reads and adds versions. All methods raise `StoreDown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Version]:
        """Return every version, the oldest first."""
        async with self._database.read() as connection:
            return await _all(connection)

    async def add(self, version: Version, change: Change) -> None:
        """Add a candidate. Raises `RolloutError` where its name is taken."""
        async with self._database.begin() as connection:
            if not await _add(connection, replace(version, stage=Stage.CANDIDATE), change):
                raise RolloutError(f"There is a version {version.name!r} already. Choose another name with --name.")

    async def register(self, found: Sequence[Version]) -> None:
        """Take in what the settings name. Stages stay as they are; a new first one goes into production if none is.

        For those that are known, only what was measured of them is brought up to date.
        """
        async with self._database.begin() as connection:
            for place, version in enumerate(found):
                empty = place == 0 and production(await _all(connection)) is None
                stage = Stage.PRODUCTION if empty else Stage.CANDIDATE
                if not await _add(connection, replace(version, stage=stage), Change(SETTINGS)):
                    await _describe(connection, version)


class Stages:
    """Moves versions, and keeps the history and the audit log. All methods raise `StoreDown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def move(self, name: str, to: Stage, share: float, change: Change) -> list[Version]:
        """Put a version to a stage; return the versions that changed with it. Raises `RolloutError`."""
        async with self._database.begin() as connection:
            await note(connection, None, "model.staged", f"version {name}", _told(to, share, change))
            return await move(connection, name, to, share, change)

    async def roll_back(self, name: str, change: Change) -> list[Version]:
        """Take a version back; return the versions that changed with it. Raises `RolloutError`."""
        async with self._database.begin() as connection:
            await note(connection, None, "model.rolled_back", f"version {name}", {"by": change.by})
            return await roll_back(connection, name, change)

    async def history(self, most: int = 100) -> list[Staging]:
        """Return the newest changes, the newest first."""
        newest = select(StagingRow.__table__).order_by(StagingRow.id.desc()).limit(most)
        async with self._database.read() as connection:
            return [read_staging(row) for row in await connection.execute(newest)]


async def move(connection: AsyncConnection, name: str, to: Stage, share: float, change: Change) -> list[Version]:
    """As `Stages.move`, inside the caller's transaction."""
    versions = await _all(connection, lock=True)
    return await _store(connection, versions, moved(versions, name, to, share), change)


async def roll_back(connection: AsyncConnection, name: str, change: Change) -> list[Version]:
    """As `Stages.roll_back`, inside the caller's transaction."""
    versions = await _all(connection, lock=True)
    return await _store(connection, versions, moved_back(versions, name), change)


async def withdraw(connection: AsyncConnection, name: str, change: Change) -> bool:
    """Take a canary back, unless somebody did so, or promoted it, meanwhile. Inside the caller's transaction."""
    versions = await _all(connection, lock=True)
    if not any((version.name, version.stage) == (name, Stage.CANARY) for version in versions):
        return False
    await _store(connection, versions, moved_back(versions, name), change)
    return True


def _told(to: Stage, share: float, change: Change) -> dict[str, object]:
    return {"to": to, "share": share, "by": change.by}


def read_staging(row: Row[Any]) -> Staging:
    was = Stage(row.was) if row.was else None
    change = Change(row.by, row.why, json.loads(row.detail))
    return Staging(row.version, was, Stage(row.now), row.share, change, row.at)


async def _all(connection: AsyncConnection, *, lock: bool = False) -> list[Version]:
    table = VersionRow.__table__
    statement = select(table).order_by(table.c.created_at, table.c.name)
    rows = await connection.execute(statement.with_for_update() if lock else statement)
    return [_read(row) for row in rows]


def _read(row: Row[Any]) -> Version:
    return Version(
        row.name,
        Stage(row.stage),
        row.share,
        row.folder,
        row.queue,
        row.checkpoint,
        json.loads(row.figures),
        row.replaced,
        row.since,
    )


async def _add(connection: AsyncConnection, version: Version, change: Change) -> bool:
    now = db_now()
    row = {
        "name": version.name,
        "stage": version.stage,
        "share": 0.0,
        "folder": version.folder,
        "queue": version.queue,
        "checkpoint": version.checkpoint,
        "figures": json.dumps(version.figures),
        "replaced": "",
        "since": now,
        "created_at": now,
    }
    statement = upsert(connection, VersionRow).values(**row).on_conflict_do_nothing()
    if not (await connection.execute(statement)).rowcount:
        return False
    await _log(connection, version, "", change)
    return True


async def _describe(connection: AsyncConnection, version: Version) -> None:
    if version.checkpoint:
        known = {"checkpoint": version.checkpoint, "figures": json.dumps(version.figures), "folder": version.folder}
        await connection.execute(update(VersionRow).where(VersionRow.name == version.name).values(**known))


async def _store(
    connection: AsyncConnection, versions: Sequence[Version], changed: list[Version], change: Change
) -> list[Version]:
    """Store the changes in their order: whoever leaves production does so before the next comes."""
    before = {version.name: version.stage for version in versions}
    for version in changed:
        stage = {"stage": version.stage, "share": version.share, "replaced": version.replaced, "since": db_now()}
        await connection.execute(update(VersionRow).where(VersionRow.name == version.name).values(**stage))
        await _log(connection, version, before[version.name], change)
    return changed


async def _log(connection: AsyncConnection, version: Version, was: str, change: Change) -> None:
    line = {
        "version": version.name,
        "was": was,
        "now": version.stage,
        "share": version.share,
        "by": change.by,
        "why": change.why[:500],
        "detail": json.dumps(change.detail),
        "at": db_now(),
    }
    await connection.execute(insert(StagingRow).values(**line))
