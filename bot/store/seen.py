"""Remembers what was accepted, so that a second delivery is harmless."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import db_now
from bot.store.dialect import upsert
from bot.store.tables import SeenRow


async def first_time(connection: AsyncConnection, names: Iterable[tuple[str, ...]]) -> bool:
    """Remember the names and say whether every one of them is new.

    A concurrent transaction with one of the names is waited for, so exactly one of them hears yes.
    """
    digests = sorted(sha256("\x1f".join(name).encode()).digest() for name in names)
    insert = upsert(connection, SeenRow).values([{"digest": digest, "at": db_now()} for digest in digests])
    result = await connection.execute(insert.on_conflict_do_nothing())
    return result.rowcount == len(digests)
