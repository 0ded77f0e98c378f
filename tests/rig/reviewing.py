"""Conversations with replies of a model, and people of the team, made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bot.messages import Address, Entry, Reply, Speaker, Writing
from bot.staff import Role, User
from bot.store.database import Database
from bot.store.recording import Recorder
from bot.store.staff.users import add_user
from bot.store.tables import ConversationRow, TurnRow

MODEL = "service@0a1b2c3d"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A person's words and the reply to them: a model's, with its draft and score, or a fixed sentence."""

    asked: str
    said: str
    draft: str = ""
    score: float = -0.2
    responder: str = "generative"
    model: str = MODEL

    @property
    def reply(self) -> Reply:
        if self.responder != "generative":
            return Reply(self.said, self.responder)
        writing = Writing(self.model, self.score, "end", 8, 5, 1.0, 20.0, 90.0)
        return Reply(self.said, self.responder, draft=self.draft or self.said, writing=writing)


async def converse(
    database: Database, chat: str, exchanges: Sequence[Exchange], language: str = "en", channel: str = "telegram"
) -> tuple[int, list[int]]:
    """Store a conversation; return its id and those of its replies, in their order."""
    said = []
    for at, exchange in enumerate(exchanges):
        said.append(Entry((f"u{at}",), Speaker.USER, exchange.asked, sender="a person"))
        said.append(Entry((f"b{at}",), Speaker.BOT, exchange.said, reply=exchange.reply))
    await Recorder(database).keep(Address(channel, "1", chat), said, language)
    async with database.read() as connection:
        found = select(ConversationRow.id).where(ConversationRow.chat == chat, ConversationRow.channel == channel)
        conversation = (await connection.execute(found)).scalar_one()
        replies = select(TurnRow.id).where(TurnRow.conversation_id == conversation, TurnRow.speaker == Speaker.BOT)
        return conversation, list((await connection.execute(replies.order_by(TurnRow.seq))).scalars())


async def person(database: Database, name: str, role: Role = Role.REVIEWER) -> User:
    """Make somebody of the team."""
    async with database.begin() as connection:
        return User(await add_user(connection, name, "no password", role), name, role)
