"""What waits for an answer, and T2: the answer and its parts are stored in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Conversation, Effect, Kind, Reply, Speaker, State, Turn
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.erasing import erase_conversation
from bot.store.leasing import Claim, hold
from bot.store.reading import find_conversation, newest_turns, read_conversation, read_turn
from bot.store.tables import ConversationRow, PartRow, TurnRow
from bot.store.writing import keep_writings

REMEMBERED = 40
"""Turns of a conversation that are read for an answer; the model cuts them further by tokens."""


class Answers:
    """Reads open messages and stores their answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, claim: Claim) -> tuple[Conversation, tuple[Turn, ...]]:
        """Return the conversation so far, and its open messages in the order they were written. Raises `StoreDown`."""
        of_conversation = TurnRow.conversation_id == claim.conversation
        table = TurnRow.__table__
        opened = select(table).where(of_conversation, TurnRow.state == State.OPEN, TurnRow.speaker == Speaker.USER)
        async with self._database.read() as connection:
            row = await find_conversation(connection, claim.conversation)
            rows = await connection.execute(opened.order_by(TurnRow.written, TurnRow.seq))
            messages = tuple(read_turn(found) for found in rows)
            said = TurnRow.state.not_in((State.OPEN, State.ERASED))
            past = await newest_turns(connection, (of_conversation, TurnRow.seq > row.context_from, said), REMEMBERED)
        return read_conversation(row, past), messages

    async def answer(
        self, claim: Claim, messages: Sequence[Turn], reply: Reply, pieces: Sequence[str], quote: str = ""
    ) -> None:
        """Store the reply in `pieces` for the outbox; without pieces the messages end at once.

        The first piece quotes the message whose platform id is `quote`.
        Raises `Fenced` (nothing is stored) and `StoreDown`.
        """
        async with self._database.begin() as connection:
            await hold(connection, claim)
            await _apply(connection, claim.conversation, reply.effect)
            turn = await _insert_reply(connection, claim, reply) if pieces else None
            await _mark(connection, messages, turn, reply)
            if turn is not None:
                rows = _parts(claim, turn, pieces, quote)
                await connection.execute(insert(PartRow).values(rows))


async def _apply(connection: AsyncConnection, conversation: int, effect: Effect) -> None:
    row = ConversationRow
    if effect is Effect.FORGET:
        await erase_conversation(connection, conversation)
    if effect is not Effect.NONE:
        from_here = update(row).where(row.id == conversation).values(context_from=row.next_seq)
        await connection.execute(from_here)


async def _insert_reply(connection: AsyncConnection, claim: Claim, reply: Reply) -> int:
    row = ConversationRow
    # Progress was made, so a crash from here on is a new story: the count of attempts starts again.
    advance = update(row).where(row.id == claim.conversation).values(next_seq=row.next_seq + 1, attempts=0)
    seq = (await connection.execute(advance.returning(row.next_seq))).scalar_one()
    turn = {
        "conversation_id": claim.conversation,
        "seq": seq,
        "speaker": Speaker.BOT,
        "kind": Kind.TEXT,
        "command": "",
        "argument": "",
        "text": reply.text,
        "sender": "",
        "platform_id": "",
        "written": 0.0,
        "late": False,
        "state": State.REPLYING,
        "reason": reply.reason,
        "responder": reply.responder,
        "draft": reply.draft,
        "ends": reply.ends,
        "at": db_now(),
    }
    inserted = (await connection.execute(insert(TurnRow).values(**turn).returning(TurnRow.id))).scalar_one()
    if reply.writing is not None:
        await keep_writings(connection, {inserted: reply.writing})
    return inserted


async def _mark(connection: AsyncConnection, messages: Sequence[Turn], turn: int | None, reply: Reply) -> None:
    """Tie the messages to their reply; without one they end here."""
    values: dict[str, object] = {"state": State.REPLYING, "reply_id": turn, "reason": reply.reason}
    if turn is None:
        values |= {"state": reply.ends, "ended_at": db_now(), "responder": reply.responder}
    mine = TurnRow.id.in_([message.id for message in messages])
    await connection.execute(update(TurnRow).where(mine).values(**values))


def _parts(claim: Claim, turn: int, pieces: Sequence[str], quote: str) -> list[dict[str, object]]:
    return [
        {
            "turn_id": turn,
            "conversation_id": claim.conversation,
            "number": number,
            "text": piece,
            "send_key": str(uuid4()),
            "reply_to": quote if number == 0 else "",
            "state": "ready",
            "attempts": 0,
            "not_before": db_now(),
            "platform_id": "",
            "maybe_duplicate": False,
            "last_error": "",
        }
        for number, piece in enumerate(pieces)
    ]
