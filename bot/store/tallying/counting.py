"""Counts the turns of some hours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Speaker, State
from bot.store.clock import hour_of
from bot.store.tables import ConversationRow, TurnRow, WritingRow
from bot.store.tables.rollout import AskingRow
from bot.store.tallying.buckets import bucket_of

Key = tuple[int, str, str]
"""Hour, channel, version."""

OUTCOMES = {
    State.OPEN: "open",
    State.REPLYING: "open",
    State.ANSWERED: "answered",
    State.ANSWERED_UNSURE: "unsure",
    State.HANDED_OVER: "handed_over",
    State.IGNORED: "ignored",
    State.SHED: "shed",
    State.UNDELIVERABLE: "undeliverable",
    State.ERASED: "erased",
}
REPLIES = {"generative": "written", "neutral": "neutral", "fallback": "fallback"}
"""By responder; the others of the bot always say the same."""
COUNTS = (
    *("begun", "accepted", "ended", *dict.fromkeys(OUTCOMES.values())),
    *(*REPLIES.values(), "fixed", "human"),
)
WAITS = {"wait": WritingRow.queued, "first": WritingRow.first, "total": WritingRow.total}
"""What a model took, beside `answer`: from accepted to delivered."""


@dataclass(slots=True)
class Tally:
    """The counts of one key, and how often which bucket of times came up, by what took them."""

    counts: Counter[str] = field(default_factory=Counter)
    times: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, other: Tally) -> None:
        """Count in what the other counted."""
        for name, number in other.counts.items():
            self.counts[name] += number
        for what, counted in other.times.items():
            times = self.times[what]
            for bucket, number in counted.items():
                times[bucket] += number


async def count(connection: AsyncConnection, begin: int, end: int) -> Mapping[Key, Tally]:
    """Count everything from the hour `begin` to before the hour `end`."""
    tallies: dict[Key, Tally] = defaultdict(Tally)
    within = (TurnRow.at >= begin * 3600.0, TurnRow.at < end * 3600.0)
    await _messages(connection, within, tallies)
    await _replies(connection, within, tallies)
    for what, statement in _times(within):
        for *key, bucket, number in await connection.execute(statement):
            tallies[_key(key)].times[what][bucket] += number
    return tallies


async def _messages(
    connection: AsyncConnection, within: Iterable[ColumnElement[bool]], tallies: dict[Key, Tally]
) -> None:
    first, ended = func.sum(case((TurnRow.seq == 1, 1), else_=0)), func.count(TurnRow.ended_at)
    statement = _of(Speaker.USER, TurnRow.reply_id, TurnRow.state, first, func.count(), ended).where(*within)
    for *key, state, begun, number, with_end in await connection.execute(statement.group_by(TurnRow.state)):
        counts = tallies[_key(key)].counts
        counts["begun"] += begun
        counts["accepted"] += number
        counts["ended"] += with_end
        counts[OUTCOMES[State(state)]] += number


async def _replies(
    connection: AsyncConnection, within: Iterable[ColumnElement[bool]], tallies: dict[Key, Tally]
) -> None:
    for speaker in (Speaker.BOT, Speaker.HUMAN):
        statement = _of(speaker, TurnRow.id, TurnRow.responder, func.count()).where(*within)
        for *key, responder, number in await connection.execute(statement.group_by(TurnRow.responder)):
            kind = "human" if speaker is Speaker.HUMAN else REPLIES.get(responder, "fixed")
            tallies[_key(key)].counts[kind] += number


def _times(within: Iterable[ColumnElement[bool]]) -> Iterable[tuple[str, Select[Any]]]:
    bucket = bucket_of((TurnRow.ended_at - TurnRow.at) * literal_column("1000.0")).label("bucket")
    answered = TurnRow.state.in_((State.ANSWERED, State.ANSWERED_UNSURE))
    statement = _of(Speaker.USER, TurnRow.reply_id, bucket, func.count())
    yield "answer", statement.where(*within, answered).group_by("bucket")
    for what, column in WAITS.items():
        bucket = bucket_of(column).label("bucket")
        statement = _of(Speaker.BOT, TurnRow.id, bucket, func.count()).where(*within)
        yield what, statement.join(WritingRow, WritingRow.turn_id == TurnRow.id).group_by("bucket")


def _of(speaker: Speaker, reply: ColumnElement[int] | Any, *columns: Any) -> Select[Any]:
    """Select what a speaker said by hour, channel, and the version that was asked for the turn `reply`."""
    hour, version = hour_of(TurnRow.at).label("hour"), func.coalesce(AskingRow.version, "").label("asked")
    statement = select(hour, ConversationRow.channel, version, *columns)
    statement = statement.select_from(TurnRow).join(ConversationRow, ConversationRow.id == TurnRow.conversation_id)
    statement = statement.outerjoin(AskingRow, AskingRow.turn_id == reply)
    return statement.where(TurnRow.speaker == speaker).group_by("hour", ConversationRow.channel, "asked")


def _key(columns: list[Any]) -> Key:
    hour, channel, version = columns
    return int(hour), str(channel), str(version)
