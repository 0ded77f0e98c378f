from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from bot import manager as manager_module
from bot.delivery import Delivery, Unconfirmed
from bot.dispatcher import Dispatcher
from bot.errors import Locked, NotSent, Refused, Unsure
from bot.inbox import StoringInbox
from bot.interfaces import Responder
from bot.manager import ConversationManager, together
from bot.messages import Address, Halt, Kind, Message, Question, Reply, State
from bot.precedence import Precedence
from bot.store.accepting import Acceptor
from bot.store.answering import Answers
from bot.store.database import Database
from bot.store.leasing import Leases
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.testing import OneModel, RecordingConnector, ScriptedResponder


class Bot:
    """A whole bot over one database, without platforms and models."""

    def __init__(self, database: Database, responders: Sequence[Responder], name: str = "one") -> None:
        self.database = database
        self.connector = RecordingConnector()
        self.models = OneModel()
        self.stopped = self.models.stopped
        connectors = {"memory": self.connector}
        leases = Leases(database, name)
        delivery = Delivery(Outbox(database), connectors, Unconfirmed.RESEND)
        self.manager = ConversationManager(leases, Answers(database), delivery, connectors, responders, self.models)
        self.dispatcher = Dispatcher(leases, Ledger(database), self.manager.serve, Precedence())
        self.inbox = StoringInbox(
            Acceptor(database), self.dispatcher.wake, self.manager.stop, lambda channel, within: None, Precedence()
        )
        self.ledger = Ledger(database)

    async def say(self, number: int, words: str = "hello", chat: str = "7", **more: Any) -> None:
        address = Address("memory", "1", chat)
        await self.inbox.accept(Message(address, f"{chat}:{number}", words, "9", str(number), order=number, **more))

    async def settle(self, seconds: float = 20.0) -> None:
        """Wait until every accepted message has ended."""
        async with asyncio.timeout(seconds):
            while (await self.ledger.balance()).open:
                await asyncio.sleep(0.02)

    async def states(self) -> list[tuple[str, str]]:
        query = "SELECT state, reason FROM turns WHERE speaker = 'user' ORDER BY id"
        async with self.database.read() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]


Start = Callable[..., Bot]


@pytest.fixture
async def start(database: Database) -> AsyncIterator[Start]:
    tasks: list[asyncio.Task[None]] = []

    def begin(*responders: Responder, name: str = "one") -> Bot:
        bot = Bot(database, responders, name)
        tasks.append(asyncio.create_task(bot.dispatcher.run()))
        return bot

    yield begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def echo(question: Question) -> Reply:
    return Reply(" + ".join(turn.text for turn in question.messages), "echo")


async def test_a_message_is_answered(start: Start) -> None:
    bot = start(ScriptedResponder(echo))
    await bot.say(1, "hello")
    await bot.settle()
    assert bot.connector.texts() == ["hello"]
    assert await bot.states() == [("answered", "")]


async def test_answers_come_in_the_order_of_the_messages(start: Start) -> None:
    bot = start(ScriptedResponder(echo))
    for number in range(1, 16):
        await bot.say(number, f"m{number}", kind=Kind.COMMAND, command="x")
    await bot.settle()
    assert bot.connector.texts() == [f"m{number}" for number in range(1, 16)]


async def test_a_burst_that_arrives_while_an_answer_is_written_is_answered_together(start: Start) -> None:
    gate = asyncio.Event()

    class Slow:
        async def respond(self, question: Question, show: object) -> Reply:
            await gate.wait()
            return echo(question)

    bot = start(Slow())
    await bot.say(1, "one")
    await wait_until(lambda: bot.manager._writing)
    await bot.say(2, "two")
    await bot.say(3, "three")
    gate.set()
    await bot.settle()
    assert bot.connector.texts() == ["one", "two + three"]


async def test_many_conversations_are_answered_at_once_and_none_twice(start: Start) -> None:
    one, two = start(ScriptedResponder(echo), name="one"), start(ScriptedResponder(echo), name="two")
    for number in range(30):
        await one.say(1, f"hello {number}", chat=str(number))
    await one.settle()
    sent = sorted(one.connector.texts() + two.connector.texts())
    assert sent == sorted(f"hello {number}" for number in range(30))


async def test_the_first_responder_that_answers_wins_and_failures_leave_their_reason(start: Start) -> None:
    last = ScriptedResponder([Reply("sorry", "fallback")])
    bot = start(ScriptedResponder([None]), ScriptedResponder([LookupError("gone")]), last)
    await bot.say(1)
    await bot.settle()
    assert bot.connector.texts() == ["sorry"]
    assert last.questions[0].reason == "LookupError"


async def test_signs_of_life_are_shown_while_a_reply_is_written(start: Start) -> None:
    class Slow:
        async def respond(self, question: Question, show: Callable[[str], None]) -> Reply:
            show("I am")
            await wait_until(lambda: any(sign.text == "I am" for _, sign in bot.connector.shown))
            return Reply("I am here", "slow")

    bot = start(Slow())
    await bot.say(1)
    await bot.settle()
    assert bot.connector.texts() == ["I am here"]


async def test_a_long_reply_leaves_in_pieces_that_fit(start: Start) -> None:
    bot = start(ScriptedResponder([Reply("word " * 2000, "test")]))
    await bot.say(1)
    await bot.settle()
    assert len(bot.connector.sent) == 3
    assert "".join(bot.connector.texts()) == "word " * 2000
    assert [part.number for part in bot.connector.sent] == [0, 1, 2]


async def test_what_the_platform_asks_to_wait_for_is_waited_for(start: Start) -> None:
    bot = start(ScriptedResponder(echo))
    bot.connector.failures = [NotSent("429", after=0.3)]
    await bot.say(1)
    await bot.settle()
    assert bot.connector.texts() == ["hello"]
    assert not bot.connector.sent[0].repeat


async def test_an_unconfirmed_part_is_sent_again_and_flagged(start: Start) -> None:
    bot = start(ScriptedResponder(echo))
    bot.connector.failures = [Unsure("reset")]
    await bot.say(1)
    await bot.settle()
    assert [part.repeat for part in bot.connector.sent] == [True]


async def test_a_platform_that_is_away_for_a_while_uses_up_no_attempt_of_a_later_question(start: Start) -> None:
    responder = ScriptedResponder(echo)
    bot = start(responder)
    bot.connector.failures = [NotSent("away", after=0.05) for _ in range(6)]
    await bot.say(1)
    await wait_until(lambda: not bot.connector.failures)
    await bot.say(2)
    await bot.settle()
    assert [question.attempts for question in responder.questions] == [1, 1]


async def test_a_person_who_blocked_the_bot_ends_undeliverable(start: Start) -> None:
    bot = start(ScriptedResponder(echo))
    bot.connector.failures = [Refused("blocked by the person")]
    await bot.say(1)
    await bot.settle()
    assert await bot.states() == [("undeliverable", "blocked by the person")]


async def test_one_chat_that_cannot_be_reached_does_not_hold_up_another(start: Start) -> None:
    bot = start(ScriptedResponder(echo))
    bot.connector.failures = [Locked("401")]
    await bot.say(1, "first", chat="a")
    await wait_until(lambda: not bot.connector.failures)
    await bot.say(1, "second", chat="b")
    await wait_until(lambda: bot.connector.texts("b"))
    assert bot.connector.texts("b") == ["second"]


async def test_a_stop_reaches_the_model_that_is_writing(start: Start) -> None:
    class Slow:
        async def respond(self, question: Question, show: object) -> Reply:
            if question.messages[-1].command == "stop":
                return Reply("Stopped.", "scripted")
            await wait_until(lambda: question.id in bot.stopped)
            return Reply("so far …", "slow")

    bot = start(Slow())
    await bot.say(1)
    await wait_until(lambda: bot.manager._writing)
    await bot.say(2, "/stop", kind=Kind.COMMAND, command="stop")
    await bot.settle()
    assert bot.connector.texts() == ["so far …", "Stopped."]


async def test_a_stop_accepted_by_another_process_is_seen_at_the_next_beat(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_module, "BEAT", 0.05)

    class Slow:
        async def respond(self, question: Question, show: object) -> Reply:
            if not question.messages[-1].command:
                await wait_until(lambda: question.id in bot.stopped)
            return Reply("done", "slow")

    bot = start(Slow())
    await bot.say(1)
    await wait_until(lambda: bot.manager._writing)
    elsewhere = Acceptor(bot.database)
    await elsewhere.accept(Message(Address("memory", "1", "7"), "x", "/stop", "9", "2", Kind.COMMAND, "stop", order=2))
    await bot.settle()


async def test_when_a_person_of_the_team_answers_the_bot_is_silent(start: Start, database: Database) -> None:
    bot = start(ScriptedResponder(echo))
    await bot.say(1)
    await bot.settle()
    async with database.begin() as connection:
        await connection.execute(text("UPDATE conversations SET answering = 'human'"))
    await bot.say(2)
    await bot.settle()
    assert bot.connector.texts() == ["hello"]
    assert (await bot.states())[1] == ("handed_over", "answered by human")


async def test_in_a_group_the_answer_quotes_its_message(start: Start) -> None:
    bot = start(ScriptedResponder(echo))
    await bot.say(1, private=False)
    await bot.settle()
    assert bot.connector.sent[0].reply_to == "1"


async def test_nobody_answering_still_ends_with_a_reason(start: Start) -> None:
    bot = start(ScriptedResponder([None]))
    await bot.say(1)
    await bot.settle()
    assert await bot.states() == [(State.HANDED_OVER, "no responder")]


async def test_stopping_the_process_finishes_what_is_being_said(database: Database) -> None:
    gate = asyncio.Event()

    class Slow:
        async def respond(self, question: Question, show: object) -> Reply:
            await gate.wait()
            return echo(question)

    bot = Bot(database, [Slow()])
    task = asyncio.create_task(bot.dispatcher.run())
    await bot.say(1)
    await wait_until(lambda: bot.manager._writing)
    task.cancel()
    gate.set()
    await asyncio.gather(task, return_exceptions=True)
    assert bot.connector.texts() == ["hello"]
    assert await bot.states() == [("answered", "")]


async def test_a_process_that_stops_too_late_lets_go_so_that_the_next_starts_at_once(
    start: Start, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dispatcher.GRACE", 0.05)

    class Hung:
        async def respond(self, question: Question, show: object) -> Reply:
            await asyncio.Event().wait()
            raise AssertionError

    old = Bot(database, [Hung()])
    task = asyncio.create_task(old.dispatcher.run())
    await old.say(1)
    await wait_until(lambda: old.manager._writing)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    new = start(ScriptedResponder(echo), name="two")
    await new.settle(seconds=3)
    assert new.connector.texts() == ["hello"]


async def test_an_owner_that_was_overtaken_stops_and_says_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_module, "BEAT", 0.05)
    cancelled = asyncio.Event()

    class Hung:
        async def respond(self, question: Question, show: object) -> Reply:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            raise AssertionError

    bot = start(Hung())
    await bot.say(1)
    await wait_until(lambda: bot.manager._writing)
    async with bot.database.begin() as connection:
        await connection.execute(text("UPDATE conversations SET fence = fence + 1"))
    async with asyncio.timeout(5):
        await cancelled.wait()
    assert bot.connector.sent == []


@pytest.mark.parametrize(
    ("kinds", "size"),
    [
        ([Kind.TEXT, Kind.TEXT, Kind.TEXT], 3),
        ([Kind.TEXT, Kind.COMMAND, Kind.TEXT], 1),
        ([Kind.COMMAND, Kind.COMMAND], 1),
        ([Kind.MEDIA, Kind.MEDIA, Kind.TEXT], 2),
    ],
)
def test_runs_of_one_kind_are_answered_together_and_commands_alone(kinds: list[Kind], size: int) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from bot.messages import Speaker, Turn  # noqa: PLC0415

    turns = [Turn(n, n, Speaker.USER, "x", datetime.now(UTC), kind) for n, kind in enumerate(kinds)]
    assert len(together(turns)) == size


async def wait_until(condition: Callable[[], Any] | Callable[[], Awaitable[Any]], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_stop_that_another_process_takes_stops_the_writing(start: Start) -> None:
    gate = asyncio.Event()
    asked: list[str] = []

    class Slow:
        async def respond(self, question: Question, show: object) -> Reply:
            asked.append(question.id)
            await gate.wait()
            return echo(question)

    one = start(Slow())
    await one.say(1, "one")
    await wait_until(lambda: asked)
    two = Bot(one.database, [], "two")  # takes deliveries, answers nobody
    await two.inbox.accept(Halt(Address("memory", "1", "7"), "pressed"))
    assert two.stopped == asked
    gate.set()
    await one.settle()


async def test_where_nothing_was_said_a_stop_is_harmless(start: Start) -> None:
    bot = start()
    await bot.inbox.accept(Halt(Address("memory", "1", "nobody"), "pressed"))
    assert bot.stopped == []
