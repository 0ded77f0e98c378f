"""Reads what was counted, for a span of time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
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


async def read_hours(connection: AsyncConnection, span: Span, piece: Callable[[int], int]) -> dict[Key, Tally]:
    """Return what was counted, by the piece of the span in which its hour lies, channel and version.

    Of a year there are tens of thousands of hours, so they are added up as they come.
    """
    table = HourRow.__table__
    where = [table.c.hour >= span.begin, table.c.hour < span.end]
    where += [table.c.channel == span.channel] if span.channel else []
    where += [table.c.version == span.version] if span.version else []
    names = [table.c[name] for name in COUNTS]
    rows = await connection.execute(
        select(table.c.hour, table.c.channel, table.c.version, table.c.times, *names).where(*where)
    )
    tallies: dict[Key, Tally] = defaultdict(Tally)
    for hour, channel, version, times, *counts in rows:
        tally = tallies[piece(hour), channel, version]
        for name, number in zip(COUNTS, counts, strict=True):
            tally.counts[name] += number
        for what, pairs in json.loads(times).items():
            counted = tally.times[what]
            for bucket, number in zip(pairs[::2], pairs[1::2], strict=True):
                counted[bucket] += number
    return tallies


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


def together(tallies: Mapping[Key, Tally], by: Callable[[Key], K]) -> dict[K, Tally]:
    """Add up the tallies of the keys that are the same `by` something."""
    sums: dict[K, Tally] = defaultdict(Tally)
    for key, tally in tallies.items():
        sums[by(key)].add(tally)
    return dict(sums)


def _on_channel(
    statement: Select[tuple[int]], row: Any, span: Span, where: Sequence[ColumnElement[bool]]
) -> Select[tuple[int]]:
    if span.channel:
        statement = statement.join(ConversationRow, ConversationRow.id == row.conversation_id)
        statement = statement.where(ConversationRow.channel == span.channel)
    return statement.where(*where)
