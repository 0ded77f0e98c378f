"""What shadows wrote, beside the reply that was sent. It is never sent, and is erased with the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Reply, State, Writing
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tables.rollout import ShadowRow


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a version would have said in place of the reply `turn`; without a responder, `reason` says why nothing."""

    turn: int
    version: str
    text: str
    draft: str
    responder: str
    reason: str
    writing: Writing


class Shadows:
    """Keeps and finds them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, conversation: int, turn: int, version: str, reply: Reply) -> bool:
        """Store it, unless somebody erased meanwhile, or asked to stop; say whether it was. Raises `StoreDown`."""
        row = {
            "turn_id": turn,
            "conversation_id": conversation,
            "version": version,
            "responder": reply.responder,
            "reason": reply.reason,
            "text": reply.text,
            "draft": reply.draft,
            **_measured(reply.writing or Writing("", 0.0, "")),
            "at": db_now(),
        }
        async with self._database.begin() as connection:
            if not await _stands(connection, turn):
                return False
            await connection.execute(insert(ShadowRow).values(**row))
        return True

    async def beside(self, turns: Sequence[int]) -> list[Shadow]:
        """Return what stands beside these replies, oldest first. Raises `StoreDown`."""
        table = ShadowRow.__table__
        statement = select(table).where(table.c.turn_id.in_(turns)).order_by(table.c.id)
        async with self._database.read() as connection:
            return [_read(row) for row in await connection.execute(statement)]


async def _stands(connection: AsyncConnection, turn: int) -> bool:
    """Lock the conversation, and say whether the reply is still there and nobody asked to stop since.

    Who erases locks it, too: they find what we store, or we find what they erased. In a group only some turns are
    erased, but all replies are told to stop.
    """
    owner = ConversationRow
    mine = select(TurnRow.conversation_id).where(TurnRow.id == turn).scalar_subquery()
    stop = await connection.scalar(select(owner.stop_seq).where(owner.id == mine).with_for_update())
    said = await connection.execute(select(TurnRow.state, TurnRow.seq).where(TurnRow.id == turn))
    found = said.first()
    return found is not None and found.state != State.ERASED and stop is not None and stop <= found.seq


def _measured(writing: Writing) -> dict[str, object]:
    return {name: value for name, value in asdict(writing).items() if name in ShadowRow.__table__.columns}


def _read(row: Row[Any]) -> Shadow:
    writing = Writing(
        row.model, row.score, row.finish, row.prompt_tokens, row.reply_tokens, row.queued, row.first, row.total
    )
    return Shadow(row.turn_id, row.version, row.text, row.draft, row.responder, row.reason, writing)
