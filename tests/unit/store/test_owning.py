from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from bot.errors import Fenced
from bot.messages import Address, Effect, Kind, Message, Receipt, Reply, Speaker, State
from bot.store.leasing import Leases
from bot.store.outbox import Verdict

HERE = Address("telegram", "1", "77")


async def say(store: Any, number: int, words: str = "hello", chat: str = "77", **more: Any) -> None:
    address = Address("telegram", "1", chat)
    await store.acceptor.accept(Message(address, f"{chat}:{number}", words, "9", str(number), order=number, **more))


async def expire_leases(store: Any) -> None:
    async with store.database.begin() as connection:
        await connection.execute(text("UPDATE conversations SET lease_until = 1"))


async def states(store: Any) -> list[str]:
    async with store.database.read() as connection:
        query = text("SELECT state FROM turns WHERE speaker = 'user' ORDER BY seq")
        return [row[0] for row in (await connection.execute(query)).all()]


async def answer(store: Any, claim: Any, reply: Reply | None = None, pieces: tuple[str, ...] = ("hi",)) -> None:
    _, messages = await store.answers.waiting(claim)
    await store.answers.answer(claim, messages, reply or Reply("hi", "test"), pieces)


async def test_a_conversation_has_one_owner_at_a_time(store: Any) -> None:
    await say(store, 1)
    claims = await asyncio.gather(*(Leases(store.database, f"p{n}").claim() for n in range(10)))
    assert len([claim for claim in claims if claim]) == 1


async def test_every_conversation_that_waits_is_handed_out_once(store: Any) -> None:
    for number in range(20):
        await say(store, 1, chat=str(number))
    claims = await asyncio.gather(*(Leases(store.database, f"p{n}").claim() for n in range(20)))
    assert len({claim.conversation for claim in claims if claim}) == 20


async def test_nothing_is_due_after_everything_was_answered_and_sent(store: Any) -> None:
    await say(store, 1)
    claim = await store.leases.claim()
    await answer(store, claim)
    intent = await store.outbox.intend(claim)
    await store.outbox.sent(claim, intent, Receipt("555"))
    await store.leases.release(claim)
    assert await store.leases.claim() is None
    assert await states(store) == ["answered"]


async def test_a_message_accepted_while_another_is_answered_is_due_on_release(store: Any) -> None:
    await say(store, 1)
    claim = await store.leases.claim()
    await answer(store, claim)
    await say(store, 2)
    await store.outbox.sent(claim, await store.outbox.intend(claim), Receipt("1"))
    await store.leases.release(claim)
    again = await store.leases.claim()
    _, messages = await store.answers.waiting(again)
    assert [turn.seq for turn in messages] == [3]


async def test_an_old_owner_changes_nothing(store: Any) -> None:
    await say(store, 1)
    old = await store.leases.claim()
    await expire_leases(store)
    new = await store.leases.claim()
    assert new.fence > old.fence
    for step in (
        store.leases.extend(old),
        store.leases.release(old),
        answer(store, old),
        store.outbox.intend(old),
    ):
        with pytest.raises(Fenced):
            await step
    assert await states(store) == ["open"]


async def test_an_attempt_is_counted_before_work_and_forgotten_after_progress(store: Any) -> None:
    await say(store, 1)
    for attempt in (1, 2, 3):
        claim = await store.leases.claim()
        assert claim.attempts == attempt
        await expire_leases(store)
    claim = await store.leases.claim()
    await answer(store, claim)
    await expire_leases(store)
    assert (await store.leases.claim()).attempts == 1


async def test_a_part_that_was_being_sent_is_flagged_when_it_is_sent_again(store: Any) -> None:
    await say(store, 1)
    first = await store.leases.claim()
    await answer(store, first)
    intent = await store.outbox.intend(first)
    assert not intent.part.repeat
    await expire_leases(store)
    second = await store.leases.claim()
    repeat = await store.outbox.intend(second)
    assert repeat.part.repeat
    assert repeat.part.send_key == intent.part.send_key


async def test_a_receipt_that_comes_after_the_lease_is_kept_and_flagged(store: Any) -> None:
    await say(store, 1)
    old = await store.leases.claim()
    await answer(store, old)
    intent = await store.outbox.intend(old)
    await expire_leases(store)
    await store.leases.claim()
    await store.outbox.sent(old, intent, Receipt("555"))
    async with store.database.read() as connection:
        found = (await connection.execute(text("SELECT state, platform_id, maybe_duplicate FROM parts"))).one()
    assert tuple(found) == ("sent", "555", True)


async def test_parts_leave_in_order_and_the_message_is_answered_with_the_last(store: Any) -> None:
    await say(store, 1)
    claim = await store.leases.claim()
    await answer(store, claim, pieces=("one", "two"))
    for expected, state in (("one", "replying"), ("two", "answered")):
        intent = await store.outbox.intend(claim)
        assert intent.part.text == expected
        await store.outbox.sent(claim, intent, Receipt("1"))
        assert await states(store) == [state]
    assert await store.outbox.intend(claim) is None


async def test_a_head_that_must_wait_blocks_what_comes_after_it(store: Any) -> None:
    await say(store, 1)
    claim = await store.leases.claim()
    await answer(store, claim, pieces=("one", "two"))
    intent = await store.outbox.intend(claim)
    await store.outbox.failed(claim, intent, Verdict("ready", "429", after=60))
    assert await store.outbox.intend(claim) is None
    await store.leases.release(claim)
    assert await store.leases.claim() is None, "it is due in a minute, not now"


async def test_a_refused_part_ends_the_message_and_frees_the_conversation(store: Any) -> None:
    await say(store, 1)
    claim = await store.leases.claim()
    await answer(store, claim, pieces=("one", "two"))
    intent = await store.outbox.intend(claim)
    await store.outbox.failed(claim, intent, Verdict("dead", "blocked", ends=State.UNDELIVERABLE))
    assert await states(store) == ["undeliverable"]
    assert await store.outbox.intend(claim) is None


async def test_messages_that_ended_in_one_reply_share_it(store: Any) -> None:
    await say(store, 1, "hi")
    await say(store, 2, "where is my order")
    claim = await store.leases.claim()
    await answer(store, claim)
    await store.outbox.sent(claim, await store.outbox.intend(claim), Receipt("1"))
    assert await states(store) == ["answered", "answered"]


async def test_open_messages_come_in_the_order_they_were_written(store: Any) -> None:
    for number in (3, 1, 2):
        await say(store, number, f"m{number}")
    claim = await store.leases.claim()
    _, messages = await store.answers.waiting(claim)
    assert [turn.text for turn in messages] == ["m1", "m2", "m3"]


async def test_a_message_older_than_an_answered_one_is_marked_late(store: Any) -> None:
    await say(store, 2)
    await answer(store, await store.leases.claim())
    await say(store, 1)
    await say(store, 3)
    async with store.database.read() as connection:
        query = text("SELECT platform_id, late FROM turns WHERE speaker = 'user' ORDER BY written")
        assert [tuple(row) for row in await connection.execute(query)] == [("1", True), ("2", False), ("3", False)]


async def test_a_reset_hides_the_past_from_the_model_and_keeps_it_in_the_books(store: Any) -> None:
    await say(store, 1, "my dog is called Rex")
    claim = await store.leases.claim()
    await answer(store, claim)
    await say(store, 2, "/reset", kind=Kind.COMMAND, command="reset")
    await answer(store, claim, Reply("done", "scripted", effect=Effect.RESET))
    await say(store, 3, "what is my dog called")
    conversation, _ = await store.answers.waiting(claim)
    assert "Rex" not in str([turn.text for turn in conversation.turns])
    assert (await store.ledger.balance()).accepted == 3


async def test_forgetting_leaves_no_word_in_the_database(store: Any) -> None:
    await say(store, 1, "canary-7f3a")
    claim = await store.leases.claim()
    await answer(store, claim, Reply("you said canary-7f3a", "test"), ("you said canary-7f3a",))
    await store.outbox.sent(claim, await store.outbox.intend(claim), Receipt("1"))
    await say(store, 2, "/forget", kind=Kind.COMMAND, command="forget")
    await answer(store, claim, Reply("gone", "scripted", effect=Effect.FORGET), ("gone",))
    await store.outbox.sent(claim, await store.outbox.intend(claim), Receipt("2"))
    await say(store, 1, "canary-7f3a")
    async with store.database.read() as connection:
        for table in ("turns", "parts", "rejects", "conversations"):
            for row in await connection.execute(text(f"SELECT * FROM {table}")):
                assert "canary" not in str(row)
    assert await states(store) == ["erased", "answered"]


async def test_accepted_is_always_ended_plus_open(store: Any) -> None:
    for number in range(4):
        await say(store, 1, chat=str(number))
    claim = await store.leases.claim()
    await answer(store, claim, Reply("", "none", ends=State.IGNORED, reason="a human answers"), ())
    answered = await store.leases.claim()
    await answer(store, answered)
    balance = await store.ledger.balance()
    assert balance.states == {State.OPEN: 2, State.REPLYING: 1, State.IGNORED: 1}
    assert (balance.accepted, balance.open) == (4, 3)
    assert balance.oldest_open >= 0


async def test_a_reader_far_behind_gets_every_turn_and_a_newcomer_the_last_ones(store: Any) -> None:
    for number in range(1, 251):
        await say(store, number, str(number))
    seen: list[str] = []
    seq = 0
    while turns := await store.transcript.since(HERE, seq):
        seen += [turn.text for turn in turns]
        seq = turns[-1].seq
    assert seen == [str(number) for number in range(1, 251)]
    assert [turn.text for turn in await store.transcript.latest(HERE, 3)] == ["248", "249", "250"]


async def test_the_sweeper_finds_what_lost_its_date(store: Any) -> None:
    await say(store, 1)
    async with store.database.begin() as connection:
        await connection.execute(text("UPDATE conversations SET due_at = NULL"))
    assert await store.leases.claim() is None
    assert await store.ledger.sweep() == 1
    assert await store.leases.claim() is not None


async def test_the_transcript_shows_a_reply_only_once_it_was_delivered_and_nothing_after_it_before(store: Any) -> None:
    await say(store, 1, "one")
    claim = await store.leases.claim()
    await answer(store, claim, Reply("first", "test"), ("first",))
    await say(store, 2, "two")
    seen = await store.transcript.since(HERE, 0)
    assert [turn.text for turn in seen] == ["one"]
    await store.outbox.sent(claim, await store.outbox.intend(claim), Receipt("1"))
    rest = await store.transcript.since(HERE, seen[-1].seq)
    assert [(turn.speaker, turn.text) for turn in rest] == [(Speaker.BOT, "first"), (Speaker.USER, "two")]


async def test_whoever_is_alone_need_not_wait_for_the_leases_of_the_dead(store: Any) -> None:
    await say(store, 1)
    dead = await store.leases.claim()
    assert await Leases(store.database, "next").claim() is None
    assert await Leases(store.database, "next").evict() == 1
    claim = await Leases(store.database, "next").claim()
    assert claim is not None
    with pytest.raises(Fenced):
        await store.leases.extend(dead)


async def test_a_claim_says_whether_parts_of_its_own_conversation_wait(store: Any) -> None:
    await say(store, 1, chat="first")
    await say(store, 1, chat="second")
    first, second = await store.leases.claim(), await store.leases.claim()
    await answer(store, second)
    await store.leases.release(first)
    await store.leases.release(second)
    found = [await store.leases.claim(), await store.leases.claim()]
    assert {claim.conversation: claim.unsent for claim in found} == {
        first.conversation: False,
        second.conversation: True,
    }


@pytest.mark.parametrize(("live", "finishes", "flagged"), [("", "", False), ("77", "77", False), (None, "", True)])
async def test_a_reply_finishes_its_beginning_and_is_marked_where_that_may_be_left_behind(
    store: Any, live: str | None, finishes: str, flagged: bool
) -> None:
    await say(store, 1)
    claim = await store.leases.claim()
    await store.answers.show(claim, live)
    await expire_leases(store)
    claim = await store.leases.claim()
    conversation, _ = await store.answers.waiting(claim)
    assert conversation.live == finishes
    await store.answers.show(claim, finishes or "78")
    await answer(store, claim)
    intent = await store.outbox.intend(claim)
    assert (intent.part.live, intent.part.repeat) == (finishes or "78", flagged)
    conversation, _ = await store.answers.waiting(claim)
    assert conversation.live == ""
