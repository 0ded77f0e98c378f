"""Removes a person's words everywhere at once. What happened stays countable; what was said is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import State
from bot.store.clock import db_now
from bot.store.dependents import wipe
from bot.store.tables import ConversationRow, TurnRow

BLANK = {"text": "", "draft": "", "argument": "", "sender": "", "platform_id": "", "state": State.ERASED}


async def erase_conversation(connection: AsyncConnection, conversation: int) -> int:
    """Erase all turns of the conversation and what depends on them; return how many. Digests of deliveries stay.

    Runs inside the caller's transaction. Parts that were not sent yet are not sent any more.
    """
    here = TurnRow.conversation_id == conversation
    conversations = select(ConversationRow.id).where(ConversationRow.id == conversation)
    await connection.execute(conversations.with_for_update())  # what stands beside a reply is stored under this lock
    counts = await erase_turns(connection, here, select(TurnRow.id).where(here), conversations)
    return counts.get("turns", 0)


async def erase_turns(
    connection: AsyncConnection, said: ColumnElement[bool], touched: Select[Any], conversations: Select[Any]
) -> dict[str, int]:
    """Blank the turns that were `said`, and remove what depends on the `touched` ones; return how many rows by table.

    More may be touched than said: whatever was written later in a conversation may repeat what was said before.
    """
    counts = await wipe(connection, touched, conversations)
    words = update(TurnRow).where(said, TurnRow.state != State.ERASED).values(**BLANK, ended_at=db_now())
    counts["turns"] = (await connection.execute(words)).rowcount
    return counts


async def let_go(connection: AsyncConnection, conversations: Sequence[int]) -> None:
    """Take conversations from whoever owns them, who then can store and send nothing any more."""
    row = ConversationRow
    free = update(row).where(row.id.in_(conversations))
    freed = {
        "owner": None,
        "lease_until": None,
        "live": "",
        "left_behind": False,
        "fence": row.fence + 1,
        "stop_seq": row.next_seq + 1,
    }
    await connection.execute(free.values(**freed, due_at=db_now()))
