"""How fast may be written, for all processes together: one row a lane, in the database that they share anyway.

In the database and not in Redis, for not every installation has Redis, all have this; thirty short transactions a
second are little for it; and its clock is the one that everybody here goes by.

A lane is a leaky bucket (the generic cell rate algorithm): `free_at` is when it will be empty again. A burst and a
steady flow are chosen so that together they never exceed what the platform allows in any window of time, also one that
begins in the middle of the burst.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Lane
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.tables import LaneRow

MARGIN = 1.1
"""We count when we begin to send, the platform when it receives: what is on its way must not pile up."""
KEPT = 86_400.0


class Lanes:
    """The lanes of this database. Waits are in seconds. Every method raises `StoreDown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, lanes: Sequence[Lane], patience: float) -> float:
        """Take the next free place in all lanes, and return how long to wait for it.

        Where that is longer than `patience` no place is taken.
        """
        return await self._take(lanes, patience, spare=False)

    async def spare(self, lanes: Sequence[Lane]) -> float:
        """Take a place that nobody will miss, at once and return 0; else take none, and return when to ask again.

        Half of each burst is left to what has to be said.
        """
        return await self._take(lanes, 0.0, spare=True)

    async def pause(self, lane: Lane, seconds: float) -> None:
        """Let nothing through for so long, or for longer where that was said before."""
        async with self._database.begin() as connection:
            now, rows = await _locked(connection, [lane])
            until = max(rows[lane.name][1], now + seconds)
            await connection.execute(update(LaneRow).where(LaneRow.name == lane.name).values(paused_until=until))

    async def paused(self, lane: Lane) -> bool:
        """Whether nothing may go through now."""
        row = LaneRow.__table__
        until = select(row.c.name).where(row.c.name == lane.name, row.c.paused_until > db_now())
        async with self._database.read() as connection:
            return (await connection.execute(until)).first() is not None

    async def tidy(self) -> int:
        """Forget lanes that nobody has used for a day; return how many."""
        old = delete(LaneRow).where(LaneRow.free_at < db_now() - KEPT, LaneRow.paused_until < db_now())
        async with self._database.begin() as connection:
            return (await connection.execute(old)).rowcount

    async def _take(self, lanes: Sequence[Lane], patience: float, *, spare: bool) -> float:
        async with self._database.begin() as connection:
            now, rows = await _locked(connection, lanes)
            at = max([now, *(_free(lane, *rows[lane.name], spare=spare) for lane in lanes)])
            if at - now > patience:
                return at - now
            for lane in lanes:
                free = max(rows[lane.name][0], at) + interval(lane)
                await connection.execute(update(LaneRow).where(LaneRow.name == lane.name).values(free_at=free))
            return at - now


def burst(lane: Lane) -> int:
    """How many may go at once."""
    return max(1, lane.most // 5)


def interval(lane: Lane) -> float:
    """Seconds between two when the burst is used up: together at most `most` in any window of `seconds`."""
    return MARGIN * lane.seconds / max(1, lane.most - burst(lane))


def _free(lane: Lane, free_at: float, paused_until: float, *, spare: bool) -> float:
    usable = burst(lane) - (burst(lane) // 2 if spare else 0)
    return max(paused_until, free_at - (usable - 1) * interval(lane))


async def _locked(
    connection: AsyncConnection, lanes: Sequence[Lane]
) -> tuple[float, Mapping[str, tuple[float, float]]]:
    """Lock the lanes, always in the same order, made where they are new; return the time and each one's state."""
    names = sorted(lane.name for lane in lanes)
    new = [{"name": name, "free_at": 0.0, "paused_until": 0.0} for name in names]
    await connection.execute(upsert(connection, LaneRow).on_conflict_do_nothing(), new)
    row = LaneRow.__table__
    held = select(row, db_now().label("now")).where(row.c.name.in_(names)).order_by(row.c.name).with_for_update()
    found = (await connection.execute(held)).all()
    return max(lane.now for lane in found), {lane.name: (lane.free_at, lane.paused_until) for lane in found}
