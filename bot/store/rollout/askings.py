"""Which version was asked for a reply: stored with the reply, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Reply
from bot.store.clock import db_now
from bot.store.tables.rollout import AskingRow

NOT_ITS_WORDS = ("fallback", "neutral")
"""Responders that speak in a model's place: it failed, or what it wrote could not be sent."""


async def note_askings(connection: AsyncConnection, conversation: int, replies: Mapping[int, Reply]) -> None:
    """Keep which version was asked for each of these replies, by the ids of their turns."""
    rows = [
        {
            "turn_id": turn,
            "conversation_id": conversation,
            "version": reply.version,
            "failed": reply.responder in NOT_ITS_WORDS,
        }
        for turn, reply in replies.items()
        if reply.version
    ]
    if rows:
        await connection.execute(insert(AskingRow).values(at=db_now()), rows)
