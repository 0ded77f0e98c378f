"""Remembers what was accepted, so that a second delivery is harmless."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256

from sqlalchemy import Executable, LargeBinary, bindparam, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import db_now
from bot.store.dialect import upsert, upsert_for
from bot.store.tables import SeenRow


async def first_time(connection: AsyncConnection, names: Iterable[tuple[str, ...]]) -> bool:
    """Remember the names and say whether every one of them is new.

    A concurrent transaction with one of the names is waited for, so exactly one of them hears yes.
    """
    digests = sorted(sha256("\x1f".join(name).encode()).digest() for name in names)
    remember = _remember(connection.dialect.name, len(digests))
    result = await connection.execute(remember, {f"digest_{at}": digest for at, digest in enumerate(digests)})
    return result.rowcount == len(digests)


@cache
def _remember(dialect: str, count: int) -> Executable:
    """Made once: every message that comes passes here. Rows of VALUES would be compiled anew each time.

    SQLite takes ON CONFLICT after a SELECT only where that has a WHERE.
    """
    digests = (bindparam(f"digest_{at}", type_=LargeBinary()) for at in range(count))
    rows = union_all(*(select(digest, db_now()).where(true()) for digest in digests))
    return upsert_for(dialect, SeenRow).from_select(["digest", "at"], rows).on_conflict_do_nothing()


async def first_times(connection: AsyncConnection, things: Sequence[Iterable[tuple[str, ...]]]) -> list[bool]:
    """Do as `first_time` for many things with several names each, in one statement; an earlier one counts as seen."""
    digests = [[sha256("\x1f".join(name).encode()).digest() for name in names] for names in things]
    every = sorted({digest for group in digests for digest in group})
    if not every:
        return [False for _ in things]
    insert = upsert(connection, SeenRow).values([{"digest": digest, "at": db_now()} for digest in every])
    result = await connection.execute(insert.on_conflict_do_nothing().returning(SeenRow.digest))
    new = set(result.scalars())
    told = []
    for group in digests:
        told.append(bool(group) and new.issuperset(group))
        new.difference_update(group)
    return told
