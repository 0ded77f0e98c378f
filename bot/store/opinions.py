"""Keeps what people think of replies, tied to the turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Opinion, Speaker, State, Thumb
from bot.store.clock import db_now
from bot.store.dialect import upsert
from bot.store.tables import ConversationRow, PartRow, TurnRow, WritingRow
from bot.store.tables.feedback import FeedbackRow


async def keep_opinion(connection: AsyncConnection, opinion: Opinion) -> bool:
    """Store it in place of an earlier one; say whether we know the reply that it is about.

    A reply is known only in the chat where it was given. Runs inside the caller's transaction.
    """
    turn = (await connection.execute(_reply(opinion))).scalar()
    if turn is None:
        return False
    row, now = FeedbackRow, db_now()
    if opinion.thumb is Thumb.NONE:
        mine = delete(row).where(row.turn_id == turn, row.sender == opinion.sender)
        await connection.execute(mine)
        return True
    new = {"turn_id": turn, "sender": opinion.sender, "thumb": opinion.thumb, "at": now, "changed_at": now}
    statement = upsert(connection, row).values(**new)
    changed = {"thumb": opinion.thumb, "changed_at": now}
    await connection.execute(statement.on_conflict_do_update(index_elements=["turn_id", "sender"], set_=changed))
    return True


async def opinions(connection: AsyncConnection, turns: Iterable[int], sender: str) -> Mapping[int, Thumb]:
    """Return what the sender thinks of those of the turns that may be judged: replies that a model wrote."""
    table, written = FeedbackRow.__table__, WritingRow.__table__
    mine = (table.c.turn_id == written.c.turn_id) & (table.c.sender == sender)
    found = select(written.c.turn_id, table.c.thumb).outerjoin(table, mine).where(written.c.turn_id.in_(list(turns)))
    return {row.turn_id: Thumb(row.thumb or Thumb.NONE) for row in await connection.execute(found)}


async def opinions_in(connection: AsyncConnection, conversation: int) -> Mapping[int, Mapping[Thumb, int]]:
    """Return for each reply of the conversation that somebody judged how many think what of it."""
    table = FeedbackRow.__table__
    counts = (
        select(table.c.turn_id, table.c.thumb, func.count().label("people"))
        .join(TurnRow, TurnRow.id == table.c.turn_id)
        .where(TurnRow.conversation_id == conversation)
        .group_by(table.c.turn_id, table.c.thumb)
    )
    found: dict[int, dict[Thumb, int]] = {}
    for row in await connection.execute(counts):
        found.setdefault(row.turn_id, {})[Thumb(row.thumb)] = row.people
    return found


def may_be_judged(turn: Any) -> Any:
    """Whether a model wrote the reply with this id: what is always said the same way needs no opinion."""
    return exists().where(WritingRow.turn_id == turn)


def _reply(opinion: Opinion) -> Select[int]:
    here, address = ConversationRow, opinion.address
    said = (
        select(TurnRow.id)
        .join(here, here.id == TurnRow.conversation_id)
        .where(here.channel == address.channel, here.account == address.account, here.chat == address.chat)
        .where(TurnRow.speaker == Speaker.BOT, TurnRow.state != State.ERASED, may_be_judged(TurnRow.id))
    )
    if opinion.send_key:
        return said.join(PartRow, PartRow.turn_id == TurnRow.id).where(PartRow.send_key == opinion.send_key)
    return said.where(here.thread == address.thread, TurnRow.seq == opinion.seq)
