"""Whose a conversation is."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.reviewing.writing import mark
from bot.store.tables.staff import UserRow


async def assign(connection: AsyncConnection, conversation: int, reviewer: int | None) -> bool:
    """Give the conversation to a reviewer, or to nobody; false where there is no such reviewer."""
    if reviewer is not None:
        able = select(UserRow.id).where(UserRow.id == reviewer, UserRow.disabled_at.is_(None), UserRow.role != "viewer")
        if (await connection.execute(able)).scalar() is None:
            return False
    await mark(connection, conversation, assignee_id=reviewer)
    return True
