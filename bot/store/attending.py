"""What one of the team who answers people needs to see: whose conversations these are, and whether anything is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Answering, State, Turn
from bot.store.reading import newest_turns
from bot.store.tables import ConversationRow, PartRow, TurnRow
from bot.store.tables.alerts import AlertRow

SHOWN = 80
"""Turns that who answers sees; the transcript has them all."""


@dataclass(frozen=True, slots=True)
class Attended:
    """A conversation and who answers it. Times in seconds since 1970."""

    id: int
    channel: str
    chat: str
    private: bool
    language: str
    answering: Answering
    taken_by: str
    human_at: float | None
    last_message_at: float


async def find_attended(connection: AsyncConnection, conversation: int) -> Attended | None:
    """Return the conversation, `None` where there is none."""
    row = (await connection.execute(_attended().where(ConversationRow.id == conversation))).first()
    return _read(row) if row else None


async def taken_conversations(connection: AsyncConnection) -> Sequence[Attended]:
    """Return what is taken over now, the one whose person wrote last first."""
    taken = _attended().where(ConversationRow.taken_by.is_not(None))
    rows = await connection.execute(taken.order_by(ConversationRow.last_message_at.desc()))
    return [_read(row) for row in rows]


async def last_said(connection: AsyncConnection, conversation: int) -> Sequence[Turn]:
    """Return the newest turns, oldest first."""
    said = (TurnRow.conversation_id == conversation, TurnRow.state != State.ERASED)
    return await newest_turns(connection, said, SHOWN)


async def pulse(connection: AsyncConnection, conversation: int) -> str:
    """Return a text that changes whenever something happens in the conversation."""
    row, turn, part = ConversationRow, TurnRow, PartRow
    turns = (func.count(turn.ended_at), func.max(turn.ended_at), func.max(turn.edited_at), func.max(turn.removed_at))
    return await _beat(
        connection,
        select(row.next_seq, row.answering, row.taken_by, row.human_at).where(row.id == conversation),
        select(*turns).where(turn.conversation_id == conversation),
        select(func.max(part.sent_at), func.sum(part.attempts)).where(part.conversation_id == conversation),
    )


async def pulse_of_all(connection: AsyncConnection) -> str:
    """Return a text that changes whenever somebody waits, is attended to, or is given back."""
    row = ConversationRow
    return await _beat(
        connection,
        select(func.count(), func.max(AlertRow.last_at)).where(AlertRow.closed_at.is_(None)),
        select(func.count(), func.max(row.human_at), func.max(row.last_message_at)).where(row.taken_by.is_not(None)),
    )


async def _beat(connection: AsyncConnection, *parts: Select[*tuple[Any, ...]]) -> str:
    found = [tuple(row) for part in parts for row in await connection.execute(part)]
    return sha256(repr(found).encode()).hexdigest()[:16]


def _attended() -> Select[Any]:
    row = ConversationRow.__table__.c
    columns = (row.id, row.channel, row.chat, row.private, row.language, row.answering, row.taken_by, row.human_at)
    return select(*columns, row.last_message_at)


def _read(row: Row[Any]) -> Attended:
    return Attended(
        row.id,
        row.channel,
        row.chat,
        row.private,
        row.language,
        Answering(row.answering),
        row.taken_by or "",
        row.human_at,
        row.last_message_at,
    )
