from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from bot.messages import Address, Message, Opinion, Receipt, Reply, Thumb, Writing
from bot.store.erasing import erase_conversation

HERE = Address("web", "local", "ann")
WRITTEN = Writing("shop@1", -1.0, "end")


async def reply(store: Any, *, by_model: bool = True, pieces: tuple[str, ...] = ("hi",)) -> tuple[Any, list[Any]]:
    """Let the bot answer; return the claim and what was sent."""
    await store.acceptor.accept(Message(HERE, "k1", "hello", "ann", "1", order=1.0))
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    given = Reply("".join(pieces), "generative", writing=WRITTEN if by_model else None)
    await store.answers.answer(claim, waiting, given, pieces)
    sent = []
    while intent := await store.outbox.intend(claim):
        sent.append(intent.part)
        await store.outbox.sent(claim, intent, Receipt(f"p{intent.part.number}"))
    return claim, sent


async def kept(store: Any) -> list[tuple[Any, ...]]:
    async with store.database.read() as connection:
        rows = await connection.execute(text("SELECT turn_id, sender, thumb FROM feedback ORDER BY turn_id, sender"))
        return [tuple(row) for row in rows]


def opinion(key: str, thumb: Thumb = Thumb.UP, **more: Any) -> Opinion:
    return Opinion(HERE, key, "ann", thumb, **({"seq": 2} | more))


async def test_an_opinion_is_kept_with_the_turn_and_the_last_one_counts(store: Any) -> None:
    await reply(store)
    await store.acceptor.accept(opinion("a", Thumb.UP))
    await store.acceptor.accept(opinion("b", Thumb.DOWN))
    assert await kept(store) == [(2, "ann", "down")]
    await store.acceptor.accept(opinion("c", Thumb.NONE))
    assert await kept(store) == []


async def test_a_delivery_that_comes_again_late_changes_nothing(store: Any) -> None:
    await reply(store)
    for one in (opinion("a", Thumb.UP), opinion("b", Thumb.DOWN), opinion("a", Thumb.UP)):
        acceptance = await store.acceptor.accept(one)
        assert not acceptance.fresh
    assert await kept(store) == [(2, "ann", "down")]


async def test_people_in_a_group_have_each_their_own_opinion(store: Any) -> None:
    await reply(store)
    await store.acceptor.accept(opinion("a", Thumb.UP))
    await store.acceptor.accept(replace(opinion("b", Thumb.DOWN), sender="bo"))
    assert await kept(store) == [(2, "ann", "up"), (2, "bo", "down")]


async def test_a_reply_is_named_by_the_key_of_any_of_its_parts(store: Any) -> None:
    _, sent = await reply(store, pieces=("one ", "two"))
    await store.acceptor.accept(opinion("a", seq=0, send_key=sent[0].send_key))
    assert await kept(store) == [(2, "ann", "up")]


async def test_only_the_last_part_of_a_models_reply_asks(store: Any) -> None:
    _, sent = await reply(store, pieces=("one ", "two"))
    assert [part.asks for part in sent] == [False, True]


async def test_what_no_model_wrote_asks_nothing_and_takes_no_opinion(store: Any) -> None:
    _, sent = await reply(store, by_model=False)
    assert not sent[0].asks
    await store.acceptor.accept(opinion("a"))
    assert await kept(store) == []


@pytest.mark.parametrize(
    "forged",
    [
        opinion("x", seq=1),
        opinion("x", seq=99),
        opinion("x", seq=0, send_key="nobody-knows-it"),
        replace(opinion("x"), address=Address("web", "local", "bo")),
        replace(opinion("x"), address=Address("telegram", "local", "ann")),
        replace(opinion("x"), address=Address("web", "local", "ann", "thread")),
    ],
)
async def test_an_opinion_of_no_reply_in_that_chat_is_passed_over(store: Any, forged: Opinion) -> None:
    await reply(store)
    await store.acceptor.accept(forged)
    assert await kept(store) == []


async def test_the_key_of_a_part_counts_only_in_its_own_chat(store: Any) -> None:
    _, sent = await reply(store)
    elsewhere = replace(opinion("x", seq=0, send_key=sent[0].send_key), address=Address("web", "local", "bo"))
    await store.acceptor.accept(elsewhere)
    assert await kept(store) == []


async def test_the_person_sees_what_they_think_and_may_judge_only_what_a_model_wrote(store: Any) -> None:
    await reply(store)
    await store.acceptor.accept(opinion("a", Thumb.DOWN))
    shown = await store.transcript.latest(HERE, 10)
    assert [turn.judged for turn in shown] == [None, Thumb.DOWN]
    await store.acceptor.accept(opinion("b", Thumb.NONE))
    assert [turn.judged for turn in await store.transcript.since(HERE, 0)] == [None, Thumb.NONE]


async def test_whoever_is_forgotten_leaves_no_opinion(store: Any) -> None:
    claim, _ = await reply(store)
    await store.acceptor.accept(opinion("a"))
    async with store.database.begin() as connection:
        await erase_conversation(connection, claim.conversation)
    assert await kept(store) == []
    await store.acceptor.accept(opinion("b"))
    assert await kept(store) == []
