"""Long conversations are summed up behind their back, and the summary goes with the words that it tells of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Address, Edit, Effect, Message, Move, Question, Removal, Reply
from bot.prompting import Opening
from bot.remembering import clipped, estimate, leaving
from bot.rollout.quiet import Quiet
from bot.store.accepting import Acceptor
from bot.store.answering import Answers
from bot.store.database import Database
from bot.store.leasing import Leases
from bot.store.persons import Person, erase_person
from bot.store.summaries import Summaries
from bot.summarising import ASKING, Summariser
from bot.testing import FunctionWriter
from nlg.contract import Draft, Line, OnChunk, Prompt, Role, Writer

GROUP = Address("memory", "1", "-7")
HERE = Address("memory", "1", "7")
WORDS = "a line of some twenty tokens, so that four of them are more than the model is told in one go"
TOKENS = 100


class Talk:
    """A conversation over a real database, in which a model answers and another one sums up."""

    def __init__(self, database: Database, address: Address = HERE) -> None:
        self.database = database
        self.acceptor = Acceptor(database)
        self.answers = Answers(database, hours=1.0, summaries=True)
        self.leases = Leases(database, "me")
        self.summaries = Summaries(database)
        self.quiet = Quiet()
        self.writer = FunctionWriter(lambda prompt: f"Summary {len(self.writer.prompts)}.")
        self.summariser = Summariser(self._lend, self.summaries, self.quiet, TOKENS, 60)
        self.address = address
        self.number = 0

    async def _lend(self, question: Question) -> Writer:
        return self.writer

    async def say(self, text: str = WORDS, effect: Effect = Effect.NONE) -> Question:
        """Let the person write and be answered; return the question that was asked."""
        self.number += 1
        private = not self.address.chat.startswith("-")
        told = Message(self.address, f"k{self.number}", text, "ann", f"m{self.number}", order=self.number)
        await self.acceptor.accept(Message(**{**_fields(told), "private": private}))
        async with self.database.begin() as connection:
            await connection.exec_driver_sql("UPDATE conversations SET due_at = 0, lease_until = NULL")
        claim = await self.leases.claim()
        assert claim is not None
        conversation, waiting = await self.answers.waiting(claim)
        reply = Reply(f"answer {self.number}", "generative", effect=effect)
        await self.answers.answer(claim, waiting, reply, [reply.text])
        async with self.database.begin() as connection:
            await connection.exec_driver_sql("UPDATE turns SET state = 'answered' WHERE state = 'replying'")
            await connection.exec_driver_sql("UPDATE parts SET state = 'sent'")
        await self.leases.release(claim, in_order=True)
        return Question(conversation, waiting, f"q{self.number}")

    async def follow(self, question: Question) -> None:
        """Let it be summed up, and wait for that."""
        self.summariser.follow(question)
        await asyncio.gather(*self.summariser._tasks.values())

    async def long(self, messages: int = 5) -> Question:
        """Let the person write until there is a summary; return the last question."""
        for _ in range(messages):
            await self.follow(await self.say())
        return await self.say("and now?")


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in Message.__slots__}


@pytest.fixture
async def talk(database: Database) -> AsyncIterator[Talk]:
    made = Talk(database)
    yield made
    await made.summariser.close()


async def test_what_does_not_fit_any_more_is_summed_up_and_told_at_the_head(talk: Talk) -> None:
    question = await talk.long()
    assert question.conversation.summary.startswith("Summary")
    prompt = talk.writer.prompts[0]
    assert prompt.system == ASKING["en"]
    assert f"Customer: {WORDS}" in prompt.lines[0].text
    head, *rest = Opening().before([Line(Role.USER, "x"), Line(Role.ASSISTANT, "y")], "S", "en", 0)
    assert head.text == "(What we spoke of before, in short: S)\nx"
    assert len(rest) == 1


async def test_the_next_summary_goes_on_from_the_last_one_and_repeats_no_line(talk: Talk) -> None:
    for number in range(12):
        await talk.follow(await talk.say(f"{number:02} {WORDS}"))
    first, second, *_ = (prompt.lines[0].text for prompt in talk.writer.prompts)
    assert "Before that: Summary 1." in second
    assert not {line for line in first.splitlines() if "line of" in line} & set(second.splitlines())


async def test_a_short_conversation_is_not_summed_up(talk: Talk) -> None:
    await talk.follow(await talk.say("hello"))
    assert talk.writer.prompts == []


async def test_no_reply_waits_for_a_summary(talk: Talk) -> None:
    question = await talk.say()
    for _ in range(4):
        question = await talk.say()
    with talk.quiet.broken():  # somebody waits for a reply
        talk.summariser.follow(question)
        await asyncio.sleep(0.05)
        assert talk.writer.prompts == []
    await asyncio.gather(*talk.summariser._tasks.values())
    assert len(talk.writer.prompts) == 1


class Slow:
    """A model that is still writing."""

    trouble = ""

    def __init__(self) -> None:
        self.began, self.cancelled = asyncio.Event(), False

    async def write(self, prompt: Prompt, on_chunk: OnChunk) -> Draft:
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True
        raise AssertionError("unreachable")

    async def stop(self, prompt_id: str) -> None: ...

    async def close(self) -> None: ...


async def test_a_summary_is_given_up_when_somebody_waits_for_a_reply(talk: Talk) -> None:
    slow = Slow()

    async def lend(question: Question) -> Writer:
        return slow

    for _ in range(5):
        question = await talk.say()
    summariser = Summariser(lend, talk.summaries, talk.quiet, TOKENS, 60)
    summariser.follow(question)
    await slow.began.wait()
    with talk.quiet.broken():
        await asyncio.gather(*summariser._tasks.values())
    assert slow.cancelled
    assert await talk.summaries.of(1) is None


@pytest.mark.parametrize("how", ["reset", "forget", "erase", "edit", "remove"])
async def test_it_goes_with_the_words_that_it_tells_of(talk: Talk, how: str) -> None:
    question = await talk.long()
    first = question.conversation.turns[0].platform_id or "m1"
    if how in ("reset", "forget"):
        await talk.say(effect=Effect(how))
    elif how == "erase":
        async with talk.database.begin() as connection:
            erased = await erase_person(connection, Person("memory", "ann"), "me")
        assert erased.removed["summaries"] == 1
    elif how == "edit":
        await talk.acceptor.accept(Edit(HERE, "e1", first, "never mind"))
    else:
        await talk.acceptor.accept(Removal(HERE, "r1", first))
    assert await talk.summaries.of(1) is None


async def test_what_was_changed_while_it_was_summed_up_is_not_kept(talk: Talk) -> None:
    question = await talk.say()
    for _ in range(4):
        question = await talk.say()
    with talk.quiet.broken():
        talk.summariser.follow(question)
        await asyncio.sleep(0.05)
        await talk.acceptor.accept(Edit(HERE, "e1", "m1", "never mind"))
    await asyncio.gather(*talk.summariser._tasks.values())
    assert await talk.summaries.of(1) is None


async def test_a_new_session_is_not_told_of_the_old_one(talk: Talk) -> None:
    await talk.long()
    async with talk.database.begin() as connection:
        await connection.exec_driver_sql("UPDATE turns SET at = at - 36000")
        await connection.exec_driver_sql("UPDATE summaries SET said_at = said_at - 36000")
    assert (await talk.say("hello again")).conversation.summary == ""
    assert (await talk.say("are you there")).conversation.summary == ""


async def test_a_group_that_becomes_a_supergroup_keeps_its_summary_unless_two_are_joined(database: Database) -> None:
    talk, new = Talk(database, GROUP), Address("memory", "1", "-8")
    await talk.long()
    await talk.acceptor.accept(Move("mv", GROUP, new))
    talk.address = new
    assert (await talk.say("still there?")).conversation.summary
    talk.address = GROUP
    await talk.say("old place")
    await talk.acceptor.accept(Move("mv2", GROUP, new))
    assert await talk.summaries.of(1) is None


@given(st.text(), st.integers(20, 60))
def test_a_summary_is_cut_by_tokens(text: str, tokens: int) -> None:
    cut = clipped(text, tokens)
    assert estimate(cut) <= tokens
    assert text.startswith(cut)


def test_a_summary_is_cut_at_the_end_of_a_sentence() -> None:
    assert clipped("They want a refund. " + "And so on and on, without an end " * 20, 60) == "They want a refund."
    assert not leaving((), 100, 40)
