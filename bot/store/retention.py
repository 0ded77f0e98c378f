"""How long each kind of data is kept, and the removal of what is older."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.plugins import load_plugin, plugin_names
from bot.store import aging
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.staff.audit import note
from bot.store.tables.staff import RetentionRow

DAY = 86400.0
BATCH = 200
"""Removed in one transaction: on SQLite nobody else can write meanwhile."""
FOR_GOOD = 0
"""Stored where the owner chose that nothing is removed."""


@dataclass(frozen=True, slots=True)
class Period:
    """How long a kind is kept. `days` is `None` for good; `least` is the shortest that may be chosen."""

    kind: str
    days: int | None
    least: int


class Retention:
    """Reads the periods, says what they would remove, and removes it. Each method raises `StoreDown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def periods(self) -> Sequence[Period]:
        async with self._database.read() as connection:
            chosen = await connection.execute(select(RetentionRow.kind, RetentionRow.days))
            days = {kind: found or None for kind, found in chosen.all()}
        return [Period(name, days.get(name, module.DAYS), module.LEAST) for name, module in _kinds().items()]

    async def due(self, days: Mapping[str, int | None]) -> dict[str, int]:
        """Return how much of each kind is older than so many days; 0 where it is kept for good."""
        kinds = _kinds()
        async with self._database.read() as connection:
            return {kind: await kinds[kind].count(connection, kept * DAY) if kept else 0 for kind, kept in days.items()}

    async def apply(self) -> dict[str, int]:
        """Remove everything that is older than its period, note it in the audit log, and return how many by kind."""
        removed = {period.kind: await self._remove(period) for period in await self.periods() if period.days}
        removed = {kind: count for kind, count in removed.items() if count}
        if removed:
            async with self._database.begin() as connection:
                await note(connection, None, "retention.applied", detail=removed)
        return removed

    async def _remove(self, period: Period) -> int:
        total, module = 0, _kinds()[period.kind]
        while True:
            async with self._database.begin() as connection:
                count: int = await module.remove(connection, (period.days or 0) * DAY, BATCH)
            total += count
            if count < BATCH:
                return total


async def set_period(connection: AsyncConnection, kind: str, days: int | None) -> None:
    """Keep a kind for so many days from now on, `None` for good."""
    values = {"days": days or FOR_GOOD}
    insert = upsert(connection, RetentionRow).values(kind=kind, **values)
    await connection.execute(insert.on_conflict_do_update(index_elements=["kind"], set_=values))


def _kinds() -> dict[str, ModuleType]:
    loaded = {name: load_plugin(aging, name) for name in plugin_names(aging)}
    return {name: module for name, module in loaded.items() if module is not None}
