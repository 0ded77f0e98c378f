"""Turns rows into nouns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address, Answering, Conversation, Kind, Speaker, State, Turn
from bot.store.tables import ConversationRow, TurnRow


async def find_conversation(connection: AsyncConnection, conversation: int) -> Row[Any]:
    row = ConversationRow.__table__
    return (await connection.execute(select(row).where(row.c.id == conversation))).one()


async def newest_turns(
    connection: AsyncConnection, where: Sequence[ColumnElement[bool]], count: int
) -> tuple[Turn, ...]:
    """Return the last so many of the matching turns, oldest first."""
    table = TurnRow.__table__
    statement = select(table).where(*where).order_by(table.c.seq.desc()).limit(count)
    rows = (await connection.execute(statement)).all()
    return tuple(read_turn(row) for row in reversed(rows))


async def first_turns(
    connection: AsyncConnection, where: Sequence[ColumnElement[bool]], count: int
) -> tuple[Turn, ...]:
    """Return the first so many of the matching turns, oldest first."""
    table = TurnRow.__table__
    statement = select(table).where(*where).order_by(table.c.seq).limit(count)
    return tuple(read_turn(row) for row in await connection.execute(statement))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def read_turn(row: Row[Any]) -> Turn:
    return Turn(
        row.id,
        row.seq,
        Speaker(row.speaker),
        row.text,
        moment(row.at),
        Kind(row.kind),
        row.command,
        row.argument,
        row.sender,
        row.platform_id,
        row.responder,
        row.draft,
        State(row.state),
        row.edited_at is not None,
        row.removed_at is not None,
    )


def read_conversation(row: Row[Any], turns: Sequence[Turn]) -> Conversation:
    address = Address(row.channel, row.account, row.chat, row.thread)
    return Conversation(
        row.id, address, tuple(turns), row.language, Answering(row.answering), row.private, row.live or ""
    )
