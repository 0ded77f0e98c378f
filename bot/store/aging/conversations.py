"""Conversations in which nobody has written for so long: what was said is erased, as `/forget` does; counts stay."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import State
from bot.store.clock import db_now
from bot.store.erasing import erase_conversation
from bot.store.tables import ConversationRow, TurnRow

DAYS = None
LEAST = 1


async def count(connection: AsyncConnection, age: float) -> int:
    return (await connection.execute(select(func.count()).select_from(_quiet(age).subquery()))).scalar_one()


async def remove(connection: AsyncConnection, age: float, most: int) -> int:
    quiet = list((await connection.execute(_quiet(age).limit(most).with_for_update())).scalars())
    for conversation in quiet:
        await erase_conversation(connection, conversation)
    return len(quiet)


def _quiet(age: float) -> Select[Any]:
    """Nothing is open in them: whoever still waits for an answer is not forgotten."""
    turn = TurnRow.conversation_id == ConversationRow.id
    said = exists().where(turn, TurnRow.state != State.ERASED)
    waiting = exists().where(turn, TurnRow.state.in_((State.OPEN, State.REPLYING)))
    return select(ConversationRow.id).where(ConversationRow.last_message_at < db_now() - age, said, ~waiting)
