"""Conversations that were held: said, answered and sent by the store's own steps, without a platform or a model."""

from __future__ import annotations

from itertools import count
from typing import Any

from sqlalchemy import update

from bot.messages import Address, Asked, Kind, Message, Receipt, Reply, Writing
from bot.store.accepting import Acceptor
from bot.store.answering import Answers
from bot.store.database import Database
from bot.store.leasing import Claim, Leases
from bot.store.outbox import Outbox
from bot.store.tables import ConversationRow

ANN = Address("telegram", "7001", "4711")
LIU = Address("web", "site", "刘洋")
DECODING = (("max_tokens", 96), ("temperature", 0.7), ("top_p", 0.9), ("seed", 42))


def written(text: str, *lines: tuple[str, str], model: str = "service@3", **changes: Any) -> Writing:
    """How a model wrote `text`, asked `lines`: the first word it was sure of, each further one less."""
    words = text.split(" ") if " " in text else list(text)
    odds = tuple((f" {word}" if at and " " in text else word, -0.02 * at * at) for at, word in enumerate(words))
    values: dict[str, Any] = {"queued": 4.0, "first": 61.0, "total": 412.0, "asked": Asked(lines, "en", DECODING)}
    return Writing(model, -0.3, "end", 24, len(words), **{**values, "odds": odds, **changes})


class Past:
    """Makes what was said. Platform numbers count up, so that every message is another."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._numbers = count(1)

    async def said(self, address: Address, text: str, **fields: Any) -> int:
        """Accept a message; return its conversation."""
        number = next(self._numbers)
        values = {"sender": address.chat, "platform_id": str(number), "order": float(number), **fields}
        accepted = await Acceptor(self.database).accept(Message(address, f"past:{number}", text, **values), "")
        return accepted.conversation

    async def answered(self, reply: Reply) -> int:
        """Answer whatever waits with this reply, and send it; return its turn."""
        claim, answers = await self._claim(), Answers(self.database)
        _, messages = await answers.waiting(claim)
        turn = await answers.answer(claim, messages, reply, [reply.text])
        outbox = Outbox(self.database)
        while intent := await outbox.intend(claim):
            await outbox.sent(claim, intent, Receipt(str(next(self._numbers))))
        await Leases(self.database, "past").release(claim)
        return turn or 0

    async def talk(self, address: Address, asked: str, answer: str, **changes: Any) -> tuple[int, int]:
        """Let a person ask and a model answer; return the conversation and the reply's turn."""
        conversation = await self.said(address, asked)
        writing = written(answer, ("user", asked), **changes)
        return conversation, await self.answered(Reply(answer, "generative", draft=answer, writing=writing))

    async def _claim(self) -> Claim:
        due = update(ConversationRow).where(ConversationRow.due_at.is_not(None)).values(due_at=0.0)
        async with self.database.begin() as connection:
            await connection.execute(due)
        claim = await Leases(self.database, "past").claim()
        assert claim is not None, "nothing waits for an answer"
        return claim


def command(name: str) -> dict[str, Any]:
    """The fields of a message that is a command."""
    return {"kind": Kind.COMMAND, "command": name}
