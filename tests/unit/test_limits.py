from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from bot.business import load_business
from bot.messages import Acceptance, Address, Kind, Message, Question, Reply, State
from bot.phrases import load_phrases
from bot.responders.limits import Limits, LimitSettings
from bot.speech import Speech
from bot.store.accepting import Acceptor
from bot.store.answering import Answers
from bot.store.budgets import Budgets
from bot.store.database import Database
from bot.store.leasing import Leases


class Person:
    """Writes to a bot that has limits."""

    def __init__(self, database: Database, per_minute: int = 3, per_day: int = 6) -> None:
        self.database = database
        settings = LimitSettings(per_minute=per_minute, per_day=per_day)
        self.limits = Limits(Budgets(database), Speech(load_phrases(), load_business()), settings)
        self._number = 0

    async def write(self, words: str = "hello", chat: str = "7", sender: str = "9", **more: Any) -> Acceptance:
        self._number += 1
        address = Address("memory", "1", chat)
        message = Message(address, f"{self._number}", words, sender, f"{self._number}", order=self._number, **more)
        return await Acceptor(self.database).accept(message)

    async def answered(self) -> Reply | None:
        """Return what the limits say to what is open now, and store it as the manager does."""
        async with self.database.begin() as connection:
            await connection.execute(text("UPDATE conversations SET lease_until = NULL, due_at = 0 WHERE due_at > 0"))
        claim = await Leases(self.database, "one").claim()
        assert claim is not None
        conversation, waiting = await Answers(self.database).waiting(claim)
        reply = await self.limits.respond(Question(conversation, waiting, "q"), lambda text: None)
        stored = reply or Reply("an answer", "generative")
        await Answers(self.database).answer(claim, waiting, stored, [stored.text] if stored.text else ())
        async with self.database.begin() as connection:
            await connection.execute(text("UPDATE parts SET state = 'sent'"))
        await Leases(self.database, "one").release(claim)
        return reply

    async def later(self, seconds: float) -> None:
        async with self.database.begin() as connection:
            await connection.execute(text(f"UPDATE turns SET at = at - {seconds}"))


@pytest.fixture
def person(database: Database) -> Person:
    return Person(database)


async def test_within_the_limits_nothing_is_said_about_them(person: Person) -> None:
    for _ in range(3):
        await person.write()
        assert await person.answered() is None


async def test_who_writes_too_fast_is_told_once_and_then_passed_over_until_it_is_less(person: Person) -> None:
    for _ in range(4):
        await person.write()
    told = await person.answered()
    assert told is not None
    assert (told.ends, told.reason) == (State.SHED, "rate limit")
    assert "minute" in told.text
    await person.write()
    assert await person.answered() == Reply("", "limits", "rate limit", State.IGNORED)
    await person.later(61)
    await person.write()
    assert await person.answered() is None


async def test_the_quota_of_a_day_is_said_in_the_persons_language(person: Person) -> None:
    for _ in range(6):
        await person.write()
        await person.later(61)
    async with person.database.begin() as connection:
        await connection.execute(text("UPDATE conversations SET language = 'zh'"))
    await person.write("你好")
    told = await person.answered()
    assert told is not None
    assert (told.ends, told.reason) == (State.SHED, "daily quota")
    assert "明天" in told.text
    await person.later(61)
    await person.write()
    again = await person.answered()
    assert again is not None
    assert (again.text, again.ends) == ("", State.IGNORED)
    await person.later(86_400)
    await person.write()
    assert await person.answered() is None


async def test_a_person_is_the_same_in_every_chat_of_a_channel_and_another_person_is_not_meant(person: Person) -> None:
    for chat in ("a", "b", "c"):
        await person.write(chat=chat)
        await person.answered()
    await person.write(chat="d", sender="another")
    assert await person.answered() is None
    await person.write(chat="d")
    assert await person.answered() is not None


async def test_commands_cost_nothing(person: Person) -> None:
    for _ in range(8):
        await person.write("/help", kind=Kind.COMMAND, command="help")
    conversation = (await person.write()).conversation
    spent = await Budgets(person.database).spent(conversation, "9")
    assert (spent.minute, spent.day) == (1, 1)


async def test_nought_sets_no_limit(database: Database) -> None:
    person = Person(database, per_minute=0, per_day=0)
    for _ in range(12):
        await person.write()
    assert await person.answered() is None


async def test_who_cannot_be_told_apart_is_not_counted(person: Person) -> None:
    for _ in range(5):
        await person.write(sender="")
    assert await person.answered() is None
