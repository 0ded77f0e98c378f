"""A conversation: a person asks, a model answers in one part, and a delivery that could not be used."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Answering, Kind, Speaker, State
from bot.store.tables import ConversationRow, PartRow, RejectRow, TurnRow, WritingRow
from tests.rig.admin_seeds import AT, Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    address = {"channel": "web", "language": "en", "answering": Answering.BOT}
    conversation = await put(connection, ConversationRow, words, **address, next_seq=3, owner=None, due_at=None)
    common = {"conversation_id": int(conversation), "kind": Kind.TEXT, "state": State.ANSWERED, "ended_at": AT + 2}
    reply = await put(connection, TurnRow, words, **common, seq=2, speaker=Speaker.BOT, responder="generative")
    asked = {"seq": 1, "speaker": Speaker.USER, "reply_id": int(reply), "edited_at": AT + 1}
    question = await put(connection, TurnRow, words, **common, **asked)
    await put(connection, WritingRow, words, turn_id=int(reply))
    await put(connection, PartRow, words, turn_id=int(reply), conversation_id=int(conversation), state="sent")
    await put(connection, RejectRow, words)
    found |= {"conversation": conversation, "turn": reply, "question": question}
