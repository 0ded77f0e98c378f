"""A list of conversations that the first user keeps."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.reading import ViewRow
from bot.store.tables.staff import UserRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    user = (await connection.execute(select(func.min(UserRow.id)))).scalar_one()
    found["view"] = await put(connection, ViewRow, words, user_id=user, query="language=en")
