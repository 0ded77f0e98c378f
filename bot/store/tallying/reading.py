"""Reads what was counted, for a span of time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Speaker
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tables.rollout import AskingRow
from bot.store.tables.tally import Counted, DayRow, HourRow, TalliedRow
from bot.store.tallying.counting import COUNTS, Key, Tally
from bot.store.tallying.runs import Run, between, runs

K = TypeVar("K", bound=Hashable)

DAY = 24
"""Hours."""


@dataclass(frozen=True, slots=True)
class Span:
    """From the hour `begin` to before the hour `end`, on one channel and of one version where these are given."""

    begin: int
    end: int
    channel: str = ""
    version: str = ""


async def read_hours(connection: AsyncConnection, span: Span, piece: Callable[[int], int]) -> dict[Key, Tally]:
    """Return what was counted, by the piece of the span in which its hour lies, channel and version.

    A year has tens of thousands of hours. Whole days of UTC that lie within one piece are read as one.
    """
    days = list(runs(_whole_days(span, piece)))
    hours = list(between((span.begin, span.end), ((begin * DAY, end * DAY) for begin, end in days)))
    tallies = await add_up(connection, HourRow, and_(_within(HourRow.hour, hours), *_only(HourRow, span)), piece)
    sums = and_(_within(DayRow.day, days), *_only(DayRow, span))
    for key, tally in (await add_up(connection, DayRow, sums, lambda day: piece(day * DAY))).items():
        tallies[key].add(tally)
    return tallies


def _whole_days(span: Span, piece: Callable[[int], int]) -> Iterator[int]:
    """Give the days of UTC that lie in the span, and within one of its pieces."""
    days = range(-(-span.begin // DAY), span.end // DAY)
    return (day for day in days if piece(day * DAY) == piece(day * DAY + DAY - 1))


def _within(column: Any, stretches: Iterable[Run]) -> ColumnElement[bool]:
    return or_(false(), *(and_(column >= begin, column < end) for begin, end in stretches))


def _only(row: type[Counted], span: Span) -> list[ColumnElement[bool]]:
    found = [row.channel == span.channel] if span.channel else []
    return found + ([row.version == span.version] if span.version else [])


async def add_up(
    connection: AsyncConnection, row: type[Counted], where: ColumnElement[bool], piece: Callable[[int], int]
) -> dict[Key, Tally]:
    """Return the sums of the rows, by the piece to which the hour or day of each belongs, channel and version.

    Rows are added up as they come, so that never all of them are held.
    """
    table = row.__table__
    at = next(column for column in table.c if column.primary_key)
    names = [table.c[name] for name in COUNTS]
    rows = await connection.execute(select(at, table.c.channel, table.c.version, table.c.times, *names).where(where))
    tallies: dict[Key, Tally] = defaultdict(Tally)
    for place, channel, version, times, *counts in rows:
        tally = tallies[piece(place), channel, version]
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
    return list(await connection.scalars(select(DayRow.channel).distinct().order_by(DayRow.channel)))


async def versions(connection: AsyncConnection) -> list[str]:
    """Return every version that was asked for something."""
    asked = select(DayRow.version).where(DayRow.version != "").distinct()
    return list(await connection.scalars(asked.order_by(DayRow.version)))


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
