"""Numbers the versions of data sets: the same content is the same version, whenever it is exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import db_now
from bot.store.dialect import upsert
from bot.store.tables.reviews import DatasetRow, DatasetSourceRow

DIGITS = 12
"""Of the content's digest, that stand in a version's name."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a data set holds: its kind, the SHA-256 of its rows, how many, and how personal data was taken out."""

    kind: str
    digest: str
    rows: int
    redaction: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version as its id in the database and its name, such as `preferences-3-1f0a5c2b9d4e`."""

    id: int
    name: str


async def version_of(connection: AsyncConnection, content: Content) -> Version:
    """Return the content's version, a new one where it has none. Runs inside the caller's transaction."""
    row, found = DatasetRow, None
    same = select(row.id, row.number).where(row.kind == content.kind, row.digest == content.digest)
    while (found := (await connection.execute(same)).one_or_none()) is None:
        last = select(func.coalesce(func.max(row.number), 0)).where(row.kind == content.kind)
        values = {
            "kind": content.kind,
            "number": last.scalar_subquery() + 1,
            "digest": content.digest,
            "rows": content.rows,
            "redaction": content.redaction,
            "at": db_now(),
        }
        # Somebody who exports at the same moment may take the number: then the next one is ours.
        await connection.execute(upsert(connection, row).values(**values).on_conflict_do_nothing())
    return Version(found.id, name_of(content.kind, found.number, content.digest))


def name_of(kind: str, number: int, digest: str) -> str:
    """Return what a version is called in the rows of its files."""
    return f"{kind}-{number}-{digest[:DIGITS]}"


async def keep_sources(connection: AsyncConnection, version: Version, conversations: Sequence[int]) -> None:
    """Remember whose words a version holds, so that erasing a person can tell where they went."""
    if conversations:
        rows = [{"dataset_id": version.id, "conversation_id": one} for one in conversations]
        await connection.execute(upsert(connection, DatasetSourceRow).values(rows).on_conflict_do_nothing())


async def versions(connection: AsyncConnection, count: int = 50) -> Sequence[object]:
    """Return the newest versions."""
    table = DatasetRow.__table__
    return (await connection.execute(select(table).order_by(table.c.id.desc()).limit(count))).all()
