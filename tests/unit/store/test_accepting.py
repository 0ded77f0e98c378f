from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from bot.errors import StoreDown
from bot.messages import Address, Departure, Edit, Halt, Kind, Message, Move, Removal, Reply
from bot.store.accepting import Acceptor
from bot.store.database import StoreSettings, open_database

HERE = Address("telegram", "1", "77")


def message(number: int, words: str = "hello", **changes: Any) -> Message:
    values: dict[str, Any] = {"key": f"update:{number}", "platform_id": str(number), "order": float(number)}
    return Message(**{"address": HERE, "text": words, "sender": "9", **values, **changes})


async def rows(store: Any, query: str) -> list[Any]:
    async with store.database.read() as connection:
        return list((await connection.execute(text(query))).all())


async def test_messages_of_a_conversation_are_numbered_in_the_order_they_arrive(store: Any) -> None:
    accepted = [await store.acceptor.accept(message(number)) for number in (1, 2, 3)]
    assert [one.seq for one in accepted] == [1, 2, 3]
    assert all(one.fresh for one in accepted)
    assert len({one.conversation for one in accepted}) == 1


async def test_a_second_delivery_is_harmless(store: Any) -> None:
    await store.acceptor.accept(message(1))
    again = await store.acceptor.accept(message(1))
    assert not again.fresh
    assert (await rows(store, "SELECT count(*) FROM turns"))[0][0] == 1


async def test_one_text_announced_in_two_events_is_stored_once(store: Any) -> None:
    await store.acceptor.accept(message(1, key="event:a"))
    again = await store.acceptor.accept(message(1, key="event:b"))
    assert not again.fresh
    assert (await rows(store, "SELECT count(*) FROM turns"))[0][0] == 1


async def test_fifty_deliveries_at_once_make_one_row(store: Any) -> None:
    accepted = await asyncio.gather(*(store.acceptor.accept(message(1)) for _ in range(50)))
    assert sum(one.fresh for one in accepted) == 1
    assert (await rows(store, "SELECT count(*) FROM turns"))[0][0] == 1


async def test_parallel_messages_of_one_conversation_get_numbers_without_gaps(store: Any) -> None:
    accepted = await asyncio.gather(*(store.acceptor.accept(message(number)) for number in range(30)))
    assert sorted(one.seq for one in accepted) == list(range(1, 31))


@pytest.mark.parametrize(
    "other",
    [
        Address("telegram", "1", "78"),
        Address("telegram", "1", "77", "5"),
        Address("telegram", "2", "77"),
        Address("slack", "1", "77"),
    ],
)
async def test_chats_threads_accounts_and_channels_never_share_a_conversation(store: Any, other: Address) -> None:
    mine = await store.acceptor.accept(message(1))
    theirs = await store.acceptor.accept(message(2, address=other))
    assert mine.conversation != theirs.conversation


async def test_an_edit_changes_the_transcript_and_opens_nothing(store: Any) -> None:
    await store.acceptor.accept(message(1, "helo"))
    edited = await store.acceptor.accept(Edit(HERE, "update:2", "1", "hello"))
    assert not edited.fresh
    assert (await rows(store, "SELECT text, edited_at IS NOT NULL FROM turns")) == [("hello", True)]


async def test_a_removed_message_leaves_its_place_but_not_its_words(store: Any) -> None:
    await store.acceptor.accept(message(1, "my card is 4111"))
    await store.acceptor.accept(Removal(HERE, "update:2", "1"))
    assert (await rows(store, "SELECT text, removed_at IS NOT NULL FROM turns")) == [("", True)]


async def test_a_group_that_moved_keeps_its_conversations(store: Any) -> None:
    before = await store.acceptor.accept(message(1))
    topic = await store.acceptor.accept(message(2, address=Address("telegram", "1", "77", "4")))
    await store.acceptor.accept(Move("update:3", HERE, Address("telegram", "1", "-100")))
    after = await store.acceptor.accept(message(4, address=Address("telegram", "1", "-100")))
    topic_after = await store.acceptor.accept(message(5, address=Address("telegram", "1", "-100", "4")))
    assert (after.conversation, after.seq) == (before.conversation, 2)
    assert topic_after.conversation == topic.conversation


async def test_a_move_that_arrives_late_joins_the_two_histories_in_order(store: Any) -> None:
    new = Address("telegram", "1", "-100")
    await store.acceptor.accept(message(1, "first"))
    await store.acceptor.accept(message(2, "second", address=new))
    await store.acceptor.accept(Move("update:3", HERE, new))
    await store.acceptor.accept(message(4, "third", address=new))
    assert [row[0] for row in await rows(store, "SELECT text FROM turns ORDER BY seq")] == ["first", "second", "third"]
    assert (await rows(store, "SELECT count(*) FROM conversations"))[0][0] == 1


async def test_after_a_move_old_message_numbers_mean_nothing(store: Any) -> None:
    new = Address("telegram", "1", "-100")
    await store.acceptor.accept(message(900, "old"))
    claim = await store.leases.claim()
    _, messages = await store.answers.waiting(claim)
    await store.answers.answer(claim, messages, Reply("hi", "test"), ("hi",), quote="900")
    await store.acceptor.accept(Move("update:901", HERE, new))
    await store.acceptor.accept(message(1, "new", address=new))
    await store.acceptor.accept(Edit(new, "update:903", "900", "changed"))
    assert await rows(store, "SELECT text, late FROM turns WHERE speaker = 'user' ORDER BY seq") == [
        ("old", False),
        ("new", False),
    ]
    assert (await store.outbox.intend(claim)).part.reply_to == ""


async def test_a_rejected_body_is_kept_with_its_reason_and_only_its_head(store: Any) -> None:
    await store.acceptor.reject("slack", b"x" * 9000, "not JSON")
    assert (await rows(store, "SELECT channel, reason, length(head) FROM rejects")) == [("slack", "not JSON", 4096)]


async def test_a_database_that_is_away_accepts_nothing() -> None:
    away = open_database(StoreSettings(url="postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(StoreDown):
        await Acceptor(away).accept(message(1))
    await away.close()


async def test_a_lone_message_is_due_at_once_and_the_next_of_a_burst_waits_a_little(store: Any) -> None:
    await store.acceptor.accept(message(1))
    assert await store.leases.claim() is not None
    other = Address("telegram", "1", "other")
    first = await store.acceptor.accept(message(2, address=other))
    claim = await store.leases.claim()
    assert claim is not None
    assert claim.conversation == first.conversation
    await store.answers.waiting(claim)
    await store.acceptor.accept(message(3, address=other))
    waits = "SELECT due_at - last_message_at FROM conversations WHERE chat = 'other'"
    assert (await rows(store, waits))[0][0] <= 0.01, "an earlier date is kept while the first is being answered"


async def test_a_stop_is_noted_where_the_owner_will_see_it(store: Any) -> None:
    await store.acceptor.accept(message(1))
    claim = await store.leases.claim()
    assert await store.leases.extend(claim) == 0
    await store.acceptor.accept(message(2, "/stop", kind=Kind.COMMAND, command="stop"))
    assert await store.leases.extend(claim) == 2


async def test_a_pressed_stop_ends_what_is_written_to_the_messages_so_far(store: Any) -> None:
    assert not (await store.acceptor.accept(Halt(HERE, "h0"))).fresh
    said = await store.acceptor.accept(message(1))
    halted = await store.acceptor.accept(Halt(HERE, "h1"))
    assert (halted.fresh, halted.conversation) == (True, said.conversation)
    assert said.seq < halted.seq
    assert (await store.acceptor.accept(message(2))).seq >= halted.seq
    assert not (await store.acceptor.accept(Halt(HERE, "h1"))).fresh


async def test_a_chat_that_was_closed_to_us_is_open_again_with_the_next_word(store: Any) -> None:
    async def closed() -> bool:
        return (await rows(store, "SELECT gone_at FROM conversations"))[0].gone_at is not None

    topic = Address("telegram", "1", "77", "30")
    await store.acceptor.accept(message(1, address=topic))
    await store.acceptor.accept(Departure(HERE, "d1"))
    assert await closed()
    await store.acceptor.accept(Departure(HERE, "d2", back=True))
    assert not await closed()
    await store.acceptor.accept(Departure(HERE, "d3"))
    await store.acceptor.accept(message(2, address=topic))
    assert not await closed()
