"""What was said before in a long conversation, in short."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.summaries import SummaryRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    await put(connection, SummaryRow, words, conversation_id=int(found["conversation"]), until_seq=1)
