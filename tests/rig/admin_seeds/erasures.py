"""A receipt of somebody who was erased."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.erasures import ErasureRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    receipt = {"removed": '{"turns": 2}', "sources": "[]", "models": '{"trained": [], "unseen": []}'}
    found["erasure"] = await put(connection, ErasureRow, words, **receipt)
