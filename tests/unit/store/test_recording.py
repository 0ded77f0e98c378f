"""Conversations that somebody else leads are kept once, in order, and never become due."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from bot.messages import Address, Answering, Entry, Reply, Speaker, State, Writing
from bot.store.leasing import Leases
from bot.store.ledger import Ledger
from bot.store.recording import Recorder
from bot.store.transcript import StoredTranscript
from tests.rig.rasa import Memory

ANN, BOB = Address("rasa", "default", "ann"), Address("rasa", "default", "bob")
WRITING = Writing("fused@1", -0.5, "end", 3, 4)


def user(name, words):
    return Entry((f"user:{name}",), Speaker.USER, words, sender="ann")


def bot(name, words, reply=None):
    return Entry((f"bot:{name}", f"words:{words}"), Speaker.BOT, words, reply=reply)


async def rows(database, query):
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def spoken(database, address):
    turns = await StoredTranscript(database).latest(address, 100)
    return [(turn.speaker.value, turn.text) for turn in turns]


async def test_what_is_told_again_is_kept_once(database):
    records = Recorder(database)
    said = [user(1, "hi"), bot(1, "hello"), user(2, "where?")]
    assert await records.keep(ANN, said) == 2
    assert await records.keep(ANN, [*said, bot(2, "here")]) == 0
    assert await spoken(database, ANN) == [("user", "hi"), ("bot", "hello"), ("user", "where?"), ("bot", "here")]


async def test_either_name_makes_it_known_also_within_one_telling(database):
    records = Recorder(database)
    await records.keep(ANN, [bot(1, "hello"), bot(2, "hello"), bot(1, "other")])
    assert await spoken(database, ANN) == [("bot", "hello")]


async def test_people_with_the_same_names_for_things_are_kept_apart(database):
    records = Recorder(database)
    await records.keep(ANN, [user(1, "I am Ann")])
    await records.keep(BOB, [user(1, "I am Bob")])
    assert await spoken(database, ANN) == [("user", "I am Ann")]


async def test_two_tellings_at_once_keep_it_once(database):
    records = Recorder(database)
    said = [user(at, f"line {at}") for at in range(5)]
    heard = await asyncio.gather(*(records.keep(ANN, said) for _ in range(8)))
    assert sum(heard) == 5
    assert [line for _, line in await spoken(database, ANN)] == [f"line {at}" for at in range(5)]


async def test_a_reply_is_tied_to_the_message_it_answers_with_how_it_was_written(database):
    reply = Reply("hello", "generative", "unknown model", draft="{{hello}}", writing=WRITING)
    await Recorder(database).keep(ANN, [user(1, "hi"), bot(1, "hello", reply)])
    ((tied,), (not_tied,)) = await rows(database, "SELECT reply_id FROM turns ORDER BY seq")
    assert (tied, not_tied) == (2, None)
    assert await rows(database, "SELECT responder, reason, draft FROM turns WHERE speaker = 'bot'") == [
        ("generative", "unknown model", "{{hello}}")
    ]
    assert await rows(database, "SELECT turn_id, model FROM writings") == [(2, "fused@1")]


async def test_the_books_stay_even_and_nobody_answers_it_here(database):
    await Recorder(database).keep(ANN, [user(1, "hi"), bot(1, "hello"), user(2, "again")])
    balance = await Ledger(database).balance()
    assert balance.states == {State.ANSWERED: 2}
    assert balance.open == 0
    assert await Ledger(database).sweep() == 0
    assert await Leases(database, "me").claim() is None


async def test_the_language_is_that_of_the_persons_newest_words_unless_it_is_given(database):
    records = Recorder(database)
    await records.keep(ANN, [user(1, "hello there"), user(2, "我的订单呢？")])
    assert await rows(database, "SELECT language FROM conversations") == [("zh",)]
    await records.keep(ANN, [user(3, "123")])
    assert await rows(database, "SELECT language FROM conversations") == [("zh",)]
    await records.keep(ANN, [user(4, "你好")], "en")
    assert await rows(database, "SELECT language FROM conversations") == [("en",)]


async def test_what_is_forgotten_is_gone_and_does_not_come_back_when_it_is_told_again(database):
    records = Recorder(database)
    said = [user(1, "my pin is ottoline"), bot(1, "thanks")]
    await records.keep(ANN, said)
    await records.keep(BOB, [user(1, "keep me")])
    unseen = user(2, "forget that ottoline")
    await records.forget(ANN, [*said, unseen])
    await records.keep(ANN, [*said, unseen, user(3, "hi again")])
    assert await spoken(database, ANN) == [("user", "hi again")]
    assert await spoken(database, BOB) == [("user", "keep me")]
    everything = str(await rows(database, "SELECT * FROM turns")) + str(await rows(database, "SELECT * FROM parts"))
    assert "ottoline" not in everything


async def test_forgetting_somebody_unknown_is_harmless(database):
    await Recorder(database).forget(ANN, ())
    assert await rows(database, "SELECT * FROM conversations") == []


async def test_a_conversation_can_be_handed_over(database):
    records = Recorder(database)
    await records.keep(ANN, [user(1, "a person please")])
    await records.hand_over(ANN)
    assert await rows(database, "SELECT answering FROM conversations") == [(Answering.HUMAN,)]


async def test_the_records_of_the_tests_remember_as_the_store_does(database):
    told = [[user(1, "a"), bot(1, "b")], [user(1, "a"), bot(1, "b"), user(2, "c"), bot(9, "b")]]
    memory, records = Memory(), Recorder(database)
    for said in told:
        await memory.keep(ANN, said)
        await records.keep(ANN, said)
    assert memory.lines() == await spoken(database, ANN)
