"""Reads what was counted, for a span of time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Speaker
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tables.rollout import AskingRow
from bot.store.tables.tally import HourRow, TalliedRow
from bot.store.tallying.counting import COUNTS, Key, Tally

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Span:
    """From the hour `begin` to before the hour `end`, on one channel and of one version where these are given."""

    begin: int
    end: int
    channel: str = ""
    version: str = ""


async def read_hours(connection: AsyncConnection, span: Span) -> list[tuple[Key, Tally]]:
    """Return what was counted in each hour."""
    table = HourRow.__table__
    where = [table.c.hour >= span.begin, table.c.hour < span.end]
    where += [table.c.channel == span.channel] if span.channel else []
    where += [table.c.version == span.version] if span.version else []
    rows = await connection.execute(select(table).where(*where).order_by(table.c.hour))
    return [_read(row) for row in rows]


async def counted_until(connection: AsyncConnection) -> float:
    """Return up to when everything was counted, in seconds since 1970; 0 when nothing was yet."""
    return (await connection.scalar(select(TalliedRow.until))) or 0.0


async def active(connection: AsyncConnection, span: Span) -> int:
    """Return in how many conversations a person said something, or was answered by the version."""
    begin, end = span.begin * 3600.0, span.end * 3600.0
    statement: Select[tuple[int]]
    if span.version:
        within = (AskingRow.version == span.version, AskingRow.at >= begin, AskingRow.at < end)
        statement = _on_channel(select(func.count(AskingRow.conversation_id.distinct())), AskingRow, span, within)
    else:
        within = (TurnRow.speaker == Speaker.USER, TurnRow.at >= begin, TurnRow.at < end)
        statement = _on_channel(select(func.count(TurnRow.conversation_id.distinct())), TurnRow, span, within)
    return (await connection.scalar(statement)) or 0


async def channels(connection: AsyncConnection) -> list[str]:
    """Return every channel of which something was counted."""
    return list(await connection.scalars(select(HourRow.channel).distinct().order_by(HourRow.channel)))


async def versions(connection: AsyncConnection) -> list[str]:
    """Return every version that was asked for something."""
    asked = select(HourRow.version).where(HourRow.version != "").distinct()
    return list(await connection.scalars(asked.order_by(HourRow.version)))


def together(hours: Iterable[tuple[Key, Tally]], by: Callable[[Key], K]) -> dict[K, Tally]:
    """Add up the tallies of the keys that are the same `by` something."""
    sums: dict[K, Tally] = defaultdict(Tally)
    for key, tally in hours:
        whole = sums[by(key)]
        whole.counts.update(tally.counts)
        for what, counted in tally.times.items():
            whole.times[what].update(counted)
    return dict(sums)


def _on_channel(
    statement: Select[tuple[int]], row: Any, span: Span, where: Sequence[ColumnElement[bool]]
) -> Select[tuple[int]]:
    if span.channel:
        statement = statement.join(ConversationRow, ConversationRow.id == row.conversation_id)
        statement = statement.where(ConversationRow.channel == span.channel)
    return statement.where(*where)


def _read(row: Row[Any]) -> tuple[Key, Tally]:
    tally = Tally()
    tally.counts.update({name: getattr(row, name) for name in COUNTS})
    for what, counted in json.loads(row.times).items():
        tally.times[what].update({int(bucket): number for bucket, number in counted.items()})
    return (row.hour, row.channel, row.version), tally
