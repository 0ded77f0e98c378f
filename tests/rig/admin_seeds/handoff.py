"""An alert, a conversation that one of the team took over, and what a person thinks of a reply."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Answering, Speaker, State
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tables.alerts import AlertRow
from bot.store.tables.feedback import FeedbackRow
from tests.rig.admin_seeds import AT, Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    address = {"channel": "telegram", "language": "en", "answering": Answering.HUMAN, "next_seq": 1, "due_at": None}
    taken = await put(connection, ConversationRow, words, **address, taken_by=words, human_at=AT)
    said = {"conversation_id": int(taken), "speaker": Speaker.HUMAN, "state": State.ANSWERED, "kind": "text"}
    await put(connection, TurnRow, words, **said)
    found["alert"] = await put(
        connection, AlertRow, words, conversation_id=int(found["conversation"]), kind="handed_over", closed_at=None
    )
    await put(connection, FeedbackRow, words, turn_id=int(found["turn"]), thumb="down")
