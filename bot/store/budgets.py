"""How much a person has written lately."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Executable, Integer, bindparam, case, func, select

from bot.messages import Kind, Speaker
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.tables import ConversationRow, TurnRow

MINUTE, DAY = 60.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Spent:
    """Messages of one person on one channel in the last minute and the last 24 hours, commands left out."""

    minute: int
    day: int


class Budgets:
    """Counts by sender, wherever on a channel they write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spent(self, conversation: int, sender: str) -> Spent:
        """Return what the sender has written on the conversation's channel. Raises `StoreDown`."""
        async with self._database.read() as connection:
            asked = {"the_conversation": conversation, "the_sender": sender}
            return Spent(*(await connection.execute(_counts(), asked)).one())

    async def told(self, conversation: int, responder: str, reason: str, seconds: float) -> bool:
        """Say whether this responder gave a reply for this reason in the last so many seconds. Raises `StoreDown`."""
        said = select(TurnRow.id).where(
            TurnRow.conversation_id == conversation,
            TurnRow.speaker == Speaker.BOT,
            TurnRow.responder == responder,
            TurnRow.reason == reason,
            _since(seconds),
        )
        async with self._database.read() as connection:
            return (await connection.execute(said.limit(1))).first() is not None


@cache
def _counts() -> Executable:
    """Made once: every question is counted."""
    here, there = ConversationRow.__table__.alias("here"), ConversationRow.__table__.alias("there")
    return (
        select(func.coalesce(func.sum(case((_since(MINUTE), 1), else_=0)), 0).cast(Integer), func.count())
        .select_from(TurnRow)
        .join(there, there.c.id == TurnRow.conversation_id)
        .join(here, (here.c.channel == there.c.channel) & (here.c.account == there.c.account))
        .where(here.c.id == bindparam("the_conversation"), TurnRow.sender == bindparam("the_sender"), _since(DAY))
        .where(TurnRow.speaker == Speaker.USER, TurnRow.kind != Kind.COMMAND)
    )


def _since(seconds: float) -> ColumnElement[bool]:
    return TurnRow.at > db_now() - seconds
