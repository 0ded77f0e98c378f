"""Counts wrong passwords by where they come from, and closes the door to that place for a while, longer each time."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import db_now
from bot.store.dialect import upsert
from bot.store.tables.staff import AttemptRow

TABLE = AttemptRow.__table__
FREE = 5
"""Wrong passwords in a row that cost nothing: people mistype."""
LONGEST = 900.0
"""Seconds; also how long it takes until a source that behaves is new again."""


def delay(failures: int) -> float:
    """Return the seconds to wait after so many wrong passwords in a row: 1, 2, 4 ... after the free ones."""
    return 0.0 if failures < FREE else min(2.0 ** min(failures - FREE, 60), LONGEST)


async def try_once(connection: AsyncConnection, source: str) -> float:
    """Count an attempt and return 0, or, where the door is closed, return for how many seconds it will be.

    An attempt counts before the password is looked at: a thousand at the same moment are a thousand.
    """
    now, key = db_now(), _digest(source)
    new = upsert(connection, AttemptRow).values(source=key, failures=0, at=now, closed_until=0.0)
    await connection.execute(new.on_conflict_do_nothing())
    columns = (TABLE.c.failures, TABLE.c.closed_until - now, now - TABLE.c.at)
    held = select(*columns).where(TABLE.c.source == key).with_for_update()
    failures, left, age = (await connection.execute(held)).one()
    if left > 0:
        return float(left)
    failures = 1 if age > LONGEST else failures + 1
    values = {"failures": failures, "at": now, "closed_until": now + delay(failures)}
    await connection.execute(update(AttemptRow).where(TABLE.c.source == key).values(values))
    return 0.0


async def succeeded(connection: AsyncConnection, source: str) -> None:
    """Forget the wrong passwords before the right one."""
    await connection.execute(delete(AttemptRow).where(TABLE.c.source == _digest(source)))


async def sweep_attempts(connection: AsyncConnection) -> int:
    """Remove what is too old to matter; return how many sources."""
    return (await connection.execute(delete(AttemptRow).where(TABLE.c.at <= db_now() - LONGEST))).rowcount


def _digest(source: str) -> bytes:
    return sha256(source.encode()).digest()
