"""Turns are found by their words, in English and Chinese, and never again once the words are gone."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from bot.messages import Address, Edit, Message, Removal
from bot.store import revisions
from bot.store.accepting import Acceptor
from bot.store.erasing import erase_conversation
from bot.store.searching import places
from bot.store.tables import TurnRow
from bot.store.terms import is_run, pairs, terms

HERE = Address("telegram", "1", "77")
NUMBERS = count(1)

OLD_CONVERSATION = """
    INSERT INTO conversations (id, channel, account, chat, thread, private, language, answering, next_seq, context_from,
      stop_seq, last_message_at, fence, attempts, created_at)
    VALUES (1, 'telegram', '1', '77', '', TRUE, 'en', 'bot', 2, 0, 0, 1.0, 0, 0, 1.0)
"""
OLD_TURN = """
    INSERT INTO turns (id, conversation_id, seq, speaker, kind, command, argument, text, sender, platform_id, written,
      late, state, reason, responder, draft, ends, at)
    VALUES (:number, 1, :number, 'user', 'text', '', '', :words, '9', '', 0.0, FALSE, 'answered', '', '', '', '', 1.0)
"""


async def say(database: Any, *texts: str) -> None:
    for words in texts:
        number = next(NUMBERS)
        await Acceptor(database).accept(Message(HERE, f"k{number}", words, "9", str(number)))


async def found(database: Any, query: str) -> list[str]:
    """The texts that hold it, newest first."""
    async with database.read() as connection:
        there = await places(connection, query)
        if there is None:
            return []
        newest_first = there.turns.add_columns(TurnRow.text).order_by(there.key.desc())
        return [row.text for row in await connection.execute(newest_first)]


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("refund", "Where is my Refund?"),
        ("REFUND where", "Where is my Refund?"),
        ("ref", "Where is my Refund?"),
        ("退款", "我的订单什么时候可以退款"),
        ("款", "我的订单什么时候可以退款"),
        ("单", "我的订单什么时候可以退款"),
        ("什么时候可以", "我的订单什么时候可以退款"),
        ("订单 退款", "我的订单什么时候可以退款"),
        ("iphone", "iPhone手机坏了，订单A-10482"),
        ("手机", "iPhone手机坏了，订单A-10482"),
        ("A-10482", "iPhone手机坏了，订单A-10482"),
        ("10", "iPhone手机坏了，订单A-10482"),
        ("坏了，", "iPhone手机坏了，订单A-10482"),
        ("café", "Un café, s'il vous plaît"),
        ("'; DROP TABLE turns; --", "drop the table of turns"),
        ('" OR "', "a or b"),
        ("𠀀𠀁", "𠀀𠀁𠀂"),
    ],
)
async def test_a_turn_is_found_by_its_words(database, query, hit):
    await say(database, "something else", hit, "别的东西")
    assert await found(database, query) == [hit]


@pytest.mark.parametrize("query", ["refunds", "退换", "款退", "时退", "我的退款", "refund 退款", "%", "_", "nothing"])
async def test_what_is_not_there_is_not_found(database, query):
    await say(database, "Where is my refund?", "我的订单什么时候可以退款")
    assert await found(database, query) == []


async def test_pairs_that_stand_apart_are_no_run(database):
    await say(database, "我要退，要退款")
    assert await found(database, "我要退款") == []


async def test_the_newest_place_comes_first(database):
    await say(database, "refund one", "refund two", "refund three")
    assert await found(database, "refund") == ["refund three", "refund two", "refund one"]


async def test_an_edit_is_found_by_its_new_words_only(database):
    await say(database, "my card is 4111")
    await Acceptor(database).accept(Edit(HERE, "edit", str(last()), "never mind 算了"))
    assert await found(database, "4111") == []
    assert await found(database, "算了") == ["never mind 算了"]


async def test_a_removed_message_is_not_found(database):
    await say(database, "my card is 4111")
    await Acceptor(database).accept(Removal(HERE, "gone", str(last())))
    assert await found(database, "4111") == []


async def test_what_was_erased_is_not_found(database):
    await say(database, "my secret garden", "秘密花园")
    async with database.begin() as connection:
        await erase_conversation(connection, 1)
    assert await found(database, "secret") == await found(database, "花园") == await found(database, "秘") == []


async def test_what_was_deleted_is_not_found(database):
    await say(database, "my secret garden")
    async with database.begin() as connection:
        await connection.execute(delete(TurnRow))
    await say(database, "another secret")
    assert await found(database, "secret") == ["another secret"]


async def test_what_was_not_committed_is_not_found(database):
    async def break_off() -> None:
        async with database.begin() as connection:
            await connection.execute(text("UPDATE turns SET text = 'hidden treasure'"))
            raise RuntimeError

    await say(database, "in the open")
    with pytest.raises(RuntimeError):
        await break_off()
    assert await found(database, "treasure") == []
    assert await found(database, "open") == ["in the open"]


async def test_turns_from_before_the_index_are_found(database):
    await revisions.downgrade(database, "0004")
    async with database.begin() as connection:
        await connection.execute(text(OLD_CONVERSATION))
        for number, words in ((1, "an old refund"), (2, "从前的退款")):
            await connection.execute(text(OLD_TURN), {"number": number, "words": words})
    await revisions.upgrade(database)
    assert await found(database, "refund") == ["an old refund"]
    assert await found(database, "退款") == ["从前的退款"]


def last() -> int:
    """The platform's number of the newest message."""
    return int(repr(NUMBERS).removeprefix("count(").removesuffix(")")) - 1


SIGNS = st.text(st.sampled_from("ab Z1-'\"\\&|:*()!<>%_你好退款。，é\u3000\u200d𠀀カ"), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(SIGNS, SIGNS, SIGNS)
async def test_whatever_is_written_is_found_by_any_of_its_terms(database, before, words, after):
    said = f"{before} {words} {after}"
    async with database.begin() as connection:
        await connection.execute(delete(TurnRow))
    await say(database, said)
    for query in (words, said, *(term for term in terms(words))):
        if terms(query):
            assert await found(database, query) == [said], query


@pytest.mark.fuzz
@given(st.text())
def test_terms_are_cut_from_any_text(query):
    cut = terms(query)
    assert len(cut) == len(set(cut)) <= 16
    assert all(term and not term.isspace() for term in cut)


@pytest.mark.parametrize(("run", "cut"), [("退", ["退"]), ("退款", ["退款"]), ("要退款", ["要退", "退款"])])
def test_a_run_is_cut_into_overlapping_pairs(run, cut):
    assert is_run(run)
    assert pairs(run) == cut
