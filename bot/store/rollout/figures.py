"""How versions do among people: counted from their newest replies, so that it takes no longer as the years pass."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Integer, Subquery, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Thumb
from bot.store.tables import WritingRow
from bot.store.tables.feedback import FeedbackRow
from bot.store.tables.rollout import AskingRow

NEWEST = 20_000
"""Replies of a version that are looked at."""
TIMED = 2_000
"""Of these, how many for their time."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Over conversations with `n` counted things each, of which `x` are so: how many, and sums of n, x and products."""

    conversations: int
    n: int
    x: int
    nn: int
    nx: int
    xx: int


@dataclass(frozen=True, slots=True)
class Live:
    """What a version did: replies that were not its own words, thumbs that are down, and times in milliseconds."""

    fallbacks: Clusters
    dislikes: Clusters
    median: float | None
    most: float | None
    """95 % took no longer."""


async def live(connection: AsyncConnection, version: str) -> Live:
    """Return how the newest replies of a version went."""
    newest = select(AskingRow.turn_id, AskingRow.conversation_id, AskingRow.failed)
    newest_ = newest.where(AskingRow.version == version).order_by(AskingRow.at.desc()).limit(NEWEST).subquery()
    return Live(
        await _fallbacks(connection, newest_), await _dislikes(connection, newest_), *await _times(connection, version)
    )


async def _fallbacks(connection: AsyncConnection, newest: Subquery) -> Clusters:
    n, x = func.count().label("n"), func.sum(cast(newest.c.failed, Integer)).label("x")
    return await _sum(connection, select(n, x).select_from(newest).group_by(newest.c.conversation_id).subquery())


async def _dislikes(connection: AsyncConnection, newest: Subquery) -> Clusters:
    n, x = func.count().label("n"), func.sum(case((FeedbackRow.thumb == Thumb.DOWN, 1), else_=0)).label("x")
    given = select(n, x).select_from(newest).join(FeedbackRow, FeedbackRow.turn_id == newest.c.turn_id)
    return await _sum(connection, given.group_by(newest.c.conversation_id).subquery())


async def _sum(connection: AsyncConnection, by_conversation: Subquery) -> Clusters:
    n, x = by_conversation.c.n, by_conversation.c.x
    sums = [func.coalesce(func.sum(value), 0) for value in (n, x, n * n, n * x, x * x)]
    found = (await connection.execute(select(func.count(), *sums).select_from(by_conversation))).one()
    return Clusters(*(int(value) for value in found))


async def _times(connection: AsyncConnection, version: str) -> tuple[float | None, float | None]:
    asked = select(AskingRow.turn_id).where(AskingRow.version == version).order_by(AskingRow.at.desc()).limit(TIMED)
    newest = asked.subquery()
    took = select(WritingRow.total).join(newest, newest.c.turn_id == WritingRow.turn_id).order_by(WritingRow.total)
    times = list(await connection.scalars(took))
    if not times:
        return None, None
    return times[len(times) // 2], times[min(len(times) - 1, len(times) * 95 // 100)]
