"""A conversation from close by: every turn with how it was written, sent, changed and answered."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address, Answering, Asked, Turn, Writing
from bot.store.reading import read_turn
from bot.store.summaries import Summary, read_summary
from bot.store.tables import Base, ConversationRow, PartRow, TurnRow, WritingRow
from bot.store.tables.reading import PromptRow

PAGE = 200
"""Turns that are read at once."""

_MEASURED = [field.name for field in fields(Writing) if field.name in WritingRow.__table__.columns]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply as it was sent. `repeat`: the person may have seen it twice."""

    number: int
    state: str
    attempts: int
    platform_id: str
    repeat: bool
    error: str
    sent_at: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """A turn with all that is known of it; times are seconds since 1970.

    `answers` are the numbers of the person's turns that a reply answers, `reply` that of the reply to a person's turn.
    `asked` says whether the prompt was kept.
    """

    turn: Turn
    at: float
    reason: str
    late: bool
    ended_at: float | None
    edited_at: float | None
    removed_at: float | None
    reply: int | None = None
    answers: Sequence[int] = ()
    writing: Writing | None = None
    pieces: Sequence[Piece] = ()
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Closeup:
    """A conversation, with a run of its turns, oldest first. `before` and `after` say whether there are others."""

    id: int
    address: Address
    language: str
    answering: Answering
    private: bool
    began_at: float
    last_at: float
    context_from: int
    """The model sees turns from the one after this number on."""
    length: int
    turns: Sequence[Told] = ()
    before: bool = False
    after: bool = False
    summary: Summary | None = None
    """What the model is told in the place of turns that do not fit any more."""


async def read_closeup(
    connection: AsyncConnection, conversation: int, until: int | None = None, size: int = PAGE
) -> Closeup | None:
    """Return the conversation with its last `size` turns up to number `until`; `None` where there is none."""
    table = ConversationRow.__table__
    row = (await connection.execute(select(table).where(table.c.id == conversation))).one_or_none()
    if row is None:
        return None
    last = row.next_seq if until is None else until
    turns = await _turns(connection, conversation, last, size + 1)
    told = await _told(connection, turns[-size:])
    address = Address(row.channel, row.account, row.chat, row.thread)
    times = (row.created_at, row.last_message_at, row.context_from, row.next_seq)
    return Closeup(
        row.id, address, row.language, Answering(row.answering), row.private, *times,
        turns=told, before=len(turns) > size, after=last < row.next_seq, summary=await read_summary(connection, row.id),
    )  # fmt: skip


async def read_told(connection: AsyncConnection, conversation: int, turn: int) -> Told | None:
    """Return one turn of the conversation; `None` where it has no such turn."""
    table = TurnRow.__table__
    found = select(table).where(table.c.id == turn, table.c.conversation_id == conversation)
    told = await _told(connection, list((await connection.execute(found)).all()))
    return told[0] if told else None


async def read_asked(connection: AsyncConnection, turn: int) -> tuple[Asked, list[tuple[str, float]]] | None:
    """Return what the model was asked for a reply, and how likely each piece of its draft was.

    `None` where that was not kept, or let go because words in it were taken back.
    """
    table = PromptRow.__table__
    row = (await connection.execute(select(table).where(table.c.turn_id == turn))).one_or_none()
    if row is None:
        return None
    lines, decoding, odds = (_pairs(text) for text in (row.lines, row.decoding, row.odds))
    return Asked(tuple(lines), row.language, tuple(decoding)), odds


async def read_prompts(connection: AsyncConnection, replies: Sequence[int]) -> dict[int, Asked]:
    """Return what models were asked for these replies, as far as that was kept."""
    found = await _of(connection, PromptRow, replies)
    return {row.turn_id: Asked(tuple(_pairs(row.lines)), row.language, tuple(_pairs(row.decoding))) for row in found}


def _pairs(text: str) -> list[tuple[Any, Any]]:
    return [(first, second) for first, second in json.loads(text)]


async def _turns(connection: AsyncConnection, conversation: int, until: int, count: int) -> list[Row[Any]]:
    table = TurnRow.__table__
    newest = select(table).where(table.c.conversation_id == conversation, table.c.seq <= until)
    rows = (await connection.execute(newest.order_by(table.c.seq.desc()).limit(count))).all()
    return list(reversed(rows))


async def _told(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Told]:
    ids = [row.id for row in rows]
    writings = {row.turn_id: row for row in await _of(connection, WritingRow, ids)}
    asked = {row.turn_id for row in await connection.execute(select(PromptRow.turn_id).where(_among(PromptRow, ids)))}
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for row in await _of(connection, PartRow, ids):
        pieces[row.turn_id].append(_piece(row))
    answers = await _answers(connection, ids)
    replies = await _replies(connection, [row.reply_id for row in rows if row.reply_id is not None])
    return [
        _one(row, writings.get(row.id), pieces[row.id], row.id in asked, answers[row.id], replies.get(row.reply_id))
        for row in rows
    ]


async def _of(connection: AsyncConnection, row: type[Base], turns: Sequence[int]) -> Sequence[Row[Any]]:
    """Return the rows of these turns in the order in which they were made."""
    table = row.__table__
    order = list(table.primary_key)
    return (await connection.execute(select(table).where(_among(row, turns)).order_by(*order))).all()


def _among(row: Any, turns: Sequence[int]) -> Any:
    return row.turn_id.in_(turns)


async def _answers(connection: AsyncConnection, replies: Sequence[int]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    answered = select(TurnRow.reply_id, TurnRow.seq).where(TurnRow.reply_id.in_(replies)).order_by(TurnRow.seq)
    for reply, seq in await connection.execute(answered):
        found[reply or 0].append(seq)
    return found


async def _replies(connection: AsyncConnection, replies: Sequence[int]) -> Mapping[int | None, int]:
    found = select(TurnRow.id, TurnRow.seq).where(TurnRow.id.in_(replies))
    return {turn: seq for turn, seq in (await connection.execute(found))}  # noqa: C416 - keys may be None


def _piece(row: Row[Any]) -> Piece:
    return Piece(row.number, row.state, row.attempts, row.platform_id, row.maybe_duplicate, row.last_error, row.sent_at)


def _one(
    row: Row[Any],
    written: Row[Any] | None,
    pieces: Sequence[Piece],
    asked: bool,
    answers: Sequence[int],
    reply: int | None,
) -> Told:
    writing = Writing(**{name: getattr(written, name) for name in _MEASURED}) if written is not None else None
    times = (row.ended_at, row.edited_at, row.removed_at)
    return Told(read_turn(row), row.at, row.reason, row.late, *times, reply, answers, writing, pieces, asked)
