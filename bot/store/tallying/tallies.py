"""Keeps the hours right: whatever changes stamps a time, and the hours of what was stamped are counted anew.

The days are sums of their hours, made in the same transaction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Fenced
from bot.messages import Speaker
from bot.store.clock import db_now, hour_of
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.tables import TurnRow
from bot.store.tables.tally import DayRow, HourRow, TalliedRow
from bot.store.tallying.counting import COUNTS, Key, Tally, count
from bot.store.tallying.reading import DAY, add_up
from bot.store.tallying.runs import runs

EVERY = 15.0
"""Seconds between two rounds, and ..."""
REST = 20.0
"""... a round that took long is followed by a rest of so many times as long, so that counting takes 5 % at most."""
OVERLAP = 30.0
"""Seconds that are looked at once more: what was stamped before our last look may have been committed after it."""
BUSY = 60.0
"""Seconds after which a process that counts and says nothing counts as dead."""
RUN = 7 * DAY
"""Hours that are counted in one go, at most: what a database reads for each go is read for that many."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """The right to count, and what there is to count since."""

    busy_until: float
    since: float
    now: float


class Tallies:
    """The hours of this database. Of many processes one counts at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rest_until = 0.0

    async def roll(self) -> int:
        """Count the hours in which something changed; return how many. Raises `StoreDown`."""
        began = time.monotonic()
        if began < self._rest_until:
            return 0
        turn = await self._take()
        if turn is None:
            return 0
        hours = await self._changed(turn.since - OVERLAP)
        try:
            for begin, end in runs(hours, RUN):
                turn = await self._recount(turn, begin, end)
            await self._finish(turn)
        except Fenced:  # this process stood still for so long that another counts now
            return 0
        self._rest_until = time.monotonic() + REST * (time.monotonic() - began)
        return len(hours)

    async def _take(self) -> _Turn | None:
        row, now = TalliedRow, db_now()
        async with self._database.begin() as connection:
            statement = upsert(connection, row).values(id=1, until=0.0, busy_until=now + BUSY)
            statement = statement.on_conflict_do_update(
                index_elements=["id"], set_={"busy_until": now + BUSY}, where=row.busy_until < now
            )
            found = (await connection.execute(statement.returning(row.busy_until, row.until, now))).first()
        return _Turn(*found) if found else None

    async def _changed(self, since: float) -> list[int]:
        """Return the hours of turns that were said, or whose state changed, since then."""
        async with self._database.read() as connection:
            if since <= 0:  # nothing was counted yet: every hour, without looking at every turn
                span = await connection.execute(select(hour_of(func.min(TurnRow.at)), hour_of(func.max(TurnRow.at))))
                first, last = span.one()
                return list(range(first or 0, (last or -1) + 1))
            hour = hour_of(TurnRow.at)
            ended = await connection.scalars(select(hour).where(TurnRow.ended_at >= since).distinct())
            found = set(ended)
            for speaker in Speaker:  # the index begins with it
                said = select(hour).where(TurnRow.speaker == speaker, TurnRow.at >= since).distinct()
                found |= set(await connection.scalars(said))
        return sorted(found)

    async def _recount(self, turn: _Turn, begin: int, end: int) -> _Turn:
        """Count these hours and put the result in place of what was there. Raises `Fenced`."""
        async with self._database.read() as connection:
            tallies = await count(connection, begin, end)
        async with self._database.begin() as connection:
            turn = await _hold(connection, turn)
            await connection.execute(delete(HourRow).where(HourRow.hour >= begin, HourRow.hour < end))
            if tallies:
                await connection.execute(insert(HourRow), list(_rows("hour", tallies)))
            await sum_days(connection, begin // DAY, (end - 1) // DAY)
        return turn

    async def _finish(self, turn: _Turn) -> None:
        row = TalliedRow
        done = update(row).where(row.busy_until == turn.busy_until).values(until=turn.now, busy_until=0.0)
        async with self._database.begin() as connection:
            await connection.execute(done)


async def _hold(connection: AsyncConnection, turn: _Turn) -> _Turn:
    """Go on being the one who counts. Raises `Fenced`."""
    row = TalliedRow
    mine = update(row).where(row.busy_until == turn.busy_until).values(busy_until=db_now() + BUSY)
    until = (await connection.execute(mine.returning(row.busy_until))).scalar()
    if until is None:
        raise Fenced("another process counts the hours")
    return _Turn(until, turn.since, turn.now)


async def sum_days(connection: AsyncConnection, first: int, last: int) -> None:
    """Put the sums of the hours in place of what there was for the days from `first` to `last`."""
    hour = HourRow.__table__.c.hour
    days = await add_up(connection, HourRow, hour.between(first * DAY, last * DAY + DAY - 1), lambda hour: hour // DAY)
    await connection.execute(delete(DayRow).where(DayRow.day.between(first, last)))
    if days:
        await connection.execute(insert(DayRow), list(_rows("day", days)))


def _rows(of: str, tallies: Mapping[Key, Tally]) -> Iterator[dict[str, Any]]:
    """Give the rows of a table whose time is called `of`."""
    for (at, channel, version), tally in tallies.items():
        counts = {name: tally.counts[name] for name in COUNTS}
        times = json.dumps({what: [*chain(*counted.items())] for what, counted in tally.times.items()})
        yield {of: at, "channel": channel, "version": version, **counts, "times": times}
