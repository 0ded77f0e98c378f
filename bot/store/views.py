"""The lists that users want to find again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.dialect import upsert
from bot.store.tables.reading import ViewRow

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class View:
    """A list by its name; `query` is that of the page's address."""

    id: int
    name: str
    query: str


async def views_of(connection: AsyncConnection, user: int) -> Sequence[View]:
    mine = select(ViewRow.id, ViewRow.name, ViewRow.query).where(ViewRow.user_id == user).order_by(ViewRow.name)
    return [View(*row) for row in await connection.execute(mine)]


async def keep_view(connection: AsyncConnection, user: int, name: str, query: str) -> None:
    """Keep a list under a name; one that the user has by this name gives way."""
    kept = upsert(connection, ViewRow).values(user_id=user, name=name[:LONGEST_NAME], query=query)
    await connection.execute(kept.on_conflict_do_update(index_elements=["user_id", "name"], set_={"query": query}))


async def remove_view(connection: AsyncConnection, user: int, view: int) -> None:
    """Let go of a list of this user; others' stay as they are."""
    await connection.execute(delete(ViewRow).where(ViewRow.id == view, ViewRow.user_id == user))
