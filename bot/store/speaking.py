"""Puts words into the outbox: a turn, its parts, and the conversation becomes due. Whoever speaks speaks this way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import case, func, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Kind, Speaker, State
from bot.store.clock import db_now
from bot.store.tables import ConversationRow, PartRow, TurnRow


@dataclass(frozen=True, slots=True)
class Words:
    """What will be said. `ends` is the state of the turn, and of the messages it answers, once it was delivered."""

    speaker: Speaker
    text: str
    responder: str
    sender: str = ""
    reason: str = ""
    draft: str = ""
    ends: State = State.ANSWERED


async def speak(
    connection: AsyncConnection, conversation: int, words: Words, pieces: Sequence[str], quote: str = ""
) -> int:
    """Store the words as the conversation's next turn, in `pieces` for the outbox; return the turn's id.

    The first piece quotes the message whose platform id is `quote`. Runs inside the caller's transaction.
    """
    seq = await _advance(connection, conversation)
    turn = {
        "conversation_id": conversation,
        "seq": seq,
        "speaker": words.speaker,
        "kind": Kind.TEXT,
        "command": "",
        "argument": "",
        "text": words.text,
        "sender": words.sender,
        "platform_id": "",
        "written": 0.0,
        "late": False,
        "state": State.REPLYING,
        "reason": words.reason,
        "responder": words.responder,
        "draft": words.draft,
        "ends": words.ends,
        "at": db_now(),
    }
    inserted = (await connection.execute(insert(TurnRow).values(**turn).returning(TurnRow.id))).scalar_one()
    # Rows as parameters, not as VALUES: those would be compiled anew each time.
    await connection.execute(insert(PartRow).values(not_before=db_now()), _parts(conversation, inserted, pieces, quote))
    return inserted


async def _advance(connection: AsyncConnection, conversation: int) -> int:
    """Lock the conversation, make it due now unless it is already, and return its next number."""
    row = ConversationRow
    due = func.coalesce(case((row.due_at < db_now(), row.due_at), else_=None), db_now())
    advance = update(row).where(row.id == conversation).values(next_seq=row.next_seq + 1, due_at=due)
    return (await connection.execute(advance.returning(row.next_seq))).scalar_one()


def _parts(conversation: int, turn: int, pieces: Sequence[str], quote: str) -> list[dict[str, object]]:
    return [
        {
            "turn_id": turn,
            "conversation_id": conversation,
            "number": number,
            "text": piece,
            "send_key": str(uuid4()),
            "reply_to": quote if number == 0 else "",
            "state": "ready",
            "attempts": 0,
            "platform_id": "",
            "maybe_duplicate": False,
            "last_error": "",
        }
        for number, piece in enumerate(pieces)
    ]
