from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text

from bot.messages import Address, Message, Reply, State
from bot.store.alerts import Alerts, Kind, close_alert
from bot.store.handing import take
from bot.store.outbox import Verdict
from bot.store.recording import Recorder

TEAM = Address("slack", "", "C1")


def message(number: int, chat: str = "7") -> Message:
    return Message(Address("memory", "1", chat), f"{chat}:{number}", "help me", "9", str(number), order=float(number))


async def unanswered(store: Any, number: int = 1, chat: str = "7") -> int:
    """Let a message end without an answer; return its conversation."""
    accepted = await store.acceptor.accept(message(number, chat))
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    await store.answers.answer(claim, waiting, Reply("", "nobody", "no responder", State.HANDED_OVER), ())
    await store.leases.release(claim)
    return accepted.conversation


async def parts(store: Any) -> list[tuple[str, str]]:
    query = "SELECT c.chat, p.text FROM parts p JOIN conversations c ON c.id = p.conversation_id ORDER BY p.id"
    async with store.database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def test_a_message_that_nobody_answers_raises_an_alert_with_the_reason_and_no_words(store: Any) -> None:
    conversation = await unanswered(store)
    (alert,) = await Alerts(store.database).open()
    assert (alert.conversation, alert.kind, alert.reason) == (conversation, Kind.HANDED_OVER, "no responder")
    assert (alert.channel, alert.times) == ("memory", 1)
    assert "help me" not in repr(alert)


async def test_the_same_thing_again_counts_up_and_another_conversation_is_another_alert(store: Any) -> None:
    for number in (1, 2, 3):
        await unanswered(store, number)
    await unanswered(store, 1, chat="8")
    assert sorted(alert.times for alert in await Alerts(store.database).open()) == [1, 3]


async def test_a_reply_that_is_held_back_raises_an_alert(store: Any) -> None:
    await store.acceptor.accept(message(1))
    claim = await store.leases.claim()
    _, waiting = await store.answers.waiting(claim)
    await store.answers.answer(claim, waiting, Reply("hi", "echo"), ["hi"])
    intent = await store.outbox.intend(claim)
    await store.outbox.failed(claim, intent, Verdict("held", "no answer", ends=State.ANSWERED_UNSURE))
    (alert,) = await Alerts(store.database).open()
    assert (alert.kind, alert.reason) == (Kind.HELD, "no answer")


async def test_an_assistant_that_asks_for_a_person_raises_an_alert(database: Any) -> None:
    await Recorder(database).hand_over(Address("rasa", "default", "ann"))
    (alert,) = await Alerts(database).open()
    assert alert.channel == "rasa"


async def test_an_alert_is_told_once_however_many_processes_look(store: Any) -> None:
    await unanswered(store)
    alerts = Alerts(store.database)
    (alert,) = await alerts.untold(3600)
    told = await asyncio.gather(*(alerts.tell([alert], 3600, [(TEAM, ["come"])]) for _ in range(6)))
    assert sum(told) == 1
    assert await parts(store) == [("C1", "come")]
    assert await alerts.untold(3600) == []


async def test_what_goes_on_after_it_was_told_is_told_again_in_time_and_not_before(store: Any) -> None:
    await unanswered(store)
    alerts = Alerts(store.database)
    (alert,) = await alerts.untold(3600)
    await alerts.tell([alert], 3600, [])
    await unanswered(store, 2)
    assert await alerts.untold(3600) == []
    (again,) = await alerts.untold(0)
    assert again.times == 2


async def test_whoever_takes_the_conversation_over_closes_its_alerts_and_gets_no_new_ones(store: Any) -> None:
    conversation = await unanswered(store)
    async with store.database.begin() as connection:
        await take(connection, conversation, "ann")
    assert await Alerts(store.database).open() == []
    await unanswered(store, 2)
    assert await Alerts(store.database).open() == []


async def test_an_alert_that_was_looked_at_is_closed_and_the_next_one_is_new(store: Any) -> None:
    await unanswered(store)
    (alert,) = await Alerts(store.database).open()
    async with store.database.begin() as connection:
        assert await close_alert(connection, alert.id, "ann")
        assert not await close_alert(connection, alert.id, "bo")
    assert await Alerts(store.database).open() == []
    await unanswered(store, 2)
    (new,) = await Alerts(store.database).open()
    assert (new.id != alert.id, new.times) == (True, 1)
