"""Removes a person's words everywhere at once. What happened stays countable; what was said is gone."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import State
from bot.store.clock import db_now
from bot.store.reviewing.writing import forget_reviews
from bot.store.rollout.shadows import erase_shadows
from bot.store.tables import PartRow, TurnRow, WritingRow
from bot.store.tables.reading import PromptRow


async def erase_conversation(connection: AsyncConnection, conversation: int) -> int:
    """Erase all turns of the conversation and their parts; return how many. Digests of deliveries stay.

    Runs inside the caller's transaction. Parts that were not sent yet are not sent any more.
    """
    turns = select(TurnRow.id).where(TurnRow.conversation_id == conversation)
    await forget_reviews(connection, conversation)
    for written in (PromptRow, WritingRow):
        await connection.execute(delete(written).where(written.turn_id.in_(turns)))
    await connection.execute(delete(PartRow).where(PartRow.conversation_id == conversation))
    blank = {
        "text": "",
        "draft": "",
        "argument": "",
        "sender": "",
        "platform_id": "",
        "state": State.ERASED,
        "ended_at": db_now(),
    }
    words = update(TurnRow).where(TurnRow.conversation_id == conversation, TurnRow.state != State.ERASED)
    erased = (await connection.execute(words.values(**blank))).rowcount
    await erase_shadows(connection, conversation)
    return erased
