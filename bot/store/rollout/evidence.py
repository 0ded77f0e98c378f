"""What speaks for and against a canary, counted from what was stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Thumb
from bot.store.database import Database
from bot.store.rollout.versions import Staging, read_staging
from bot.store.tables.feedback import FeedbackRow
from bot.store.tables.rollout import AskingRow, StagingRow
from bot.versions import Stage

SETTLE = 10.0
"""Seconds after a change in which processes may not have heard of it: what goes wrong then is not counted."""


@dataclass(frozen=True, slots=True)
class Period:
    """From when on a canary had which share of the conversations that it and production have together."""

    begin: float
    share: float


@dataclass(frozen=True, slots=True)
class Mishap:
    """The first time that something went wrong in a conversation, and with whom. `at` in seconds since 1970."""

    version: str
    at: float


class Evidence:
    """Reads it. All methods raise `StoreDown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def periods(self, canary: str) -> list[Period]:
        """Return since when it can be compared with production, and each change of its share since."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(StagingRow.__table__).order_by(StagingRow.id))
            return compared([read_staging(row) for row in rows], canary)

    async def mishaps(self, canary: str, production: str, since: float) -> dict[str, list[Mishap]]:
        """Return the first mishap of each conversation with one of the two, by measure."""
        disliked = select(FeedbackRow.turn_id).where(FeedbackRow.thumb == Thumb.DOWN)
        mine = (AskingRow.version.in_((canary, production)), AskingRow.at >= since)
        async with self._database.read() as connection:
            return {
                "fallback": await _first(connection, *mine, AskingRow.failed.is_(True)),
                "thumbs": await _first(connection, *mine, AskingRow.turn_id.in_(disliked)),
            }


async def _first(connection: AsyncConnection, *where: ColumnElement[bool]) -> list[Mishap]:
    """Return the first of these replies in each conversation."""
    turns = select(func.min(AskingRow.turn_id).label("turn_id")).where(*where)
    first = turns.group_by(AskingRow.conversation_id).subquery()
    statement = select(AskingRow.version, AskingRow.at).join(first, first.c.turn_id == AskingRow.turn_id)
    return [Mishap(*row) for row in await connection.execute(statement)]


def compared(history: Sequence[Staging], canary: str) -> list[Period]:
    """Go through the history and note each share that the canary had since both are where they are now."""
    shares: dict[str, float] = {}
    periods: list[Period] = []
    for line in history:
        before = shares.get(canary, 0.0)
        shares[line.version] = line.share if line.now is Stage.CANARY else 0.0
        if line.now is Stage.PRODUCTION or (line.version == canary and not (before and shares[canary])):
            periods = []
        if shares.get(canary):
            periods.append(Period(line.at, shares[canary] / (1 - sum(shares.values()) + shares[canary])))
    return periods


def counted(periods: Sequence[Period], mishaps: Iterable[Mishap], canary: str) -> list[tuple[float, int, int]]:
    """Return for each period the share, the mishaps with the canary, and those with production."""
    ends = [*periods, Period(float("inf"), 0.0)]
    counts: Counter[tuple[int, bool]] = Counter()
    for mishap in mishaps:
        for place, (period, after) in enumerate(pairwise(ends)):
            if period.begin + SETTLE <= mishap.at < after.begin:
                counts[place, mishap.version == canary] += 1
    return [(period.share, counts[place, True], counts[place, False]) for place, period in enumerate(periods)]
