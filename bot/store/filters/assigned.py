"""Who of the team it was given to, by name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.filters import MOST_CHOICES, Filter
from bot.store.tables import ConversationRow
from bot.store.tables.reviews import MarkRow
from bot.store.tables.staff import UserRow


def assigned(name: str) -> ColumnElement[bool]:
    user = MarkRow.assignee_id == UserRow.id
    return exists().where(MarkRow.conversation_id == ConversationRow.id, user, UserRow.name == name)


async def names(connection: AsyncConnection) -> Sequence[str]:
    """Offer those who have something."""
    have = exists().where(MarkRow.assignee_id == UserRow.id)
    found = select(UserRow.name).where(have).order_by(UserRow.name).limit(MOST_CHOICES)
    return list((await connection.execute(found)).scalars())


FILTER = Filter(80, assigned, names)
