"""What is known of a conversation is read as it happened, and words that were taken back are nowhere."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.messages import Edit, Removal, Reply, Speaker
from bot.store.accepting import Acceptor
from bot.store.closeup import read_asked, read_closeup, read_told
from bot.store.database import Database
from bot.store.erasing import erase_conversation
from tests.rig.past import ANN, DECODING, LIU, Past, written

SECRET = "zanzibar"


@pytest.fixture
def past(database: Database) -> Past:
    return Past(database)


async def kept(database: Database, turn: int) -> bool:
    async with database.read() as connection:
        return await read_asked(connection, turn) is not None


async def test_a_reply_is_told_with_its_writing_its_pieces_and_what_it_answers(past: Past) -> None:
    conversation, turn = await past.talk(ANN, "Where is my order?", "On its way.")
    async with past.database.read() as connection:
        shown = await read_closeup(connection, conversation)
        assert shown is not None
        asked, reply = shown.turns
        assert (asked.turn.text, asked.turn.speaker, asked.reply) == ("Where is my order?", Speaker.USER, 2)
        assert (reply.turn.id, reply.answers, reply.asked) == (turn, [1], True)
        assert reply.writing is not None
        assert (reply.writing.model, reply.writing.total) == ("service@3", 412.0)
        assert [(piece.state, piece.attempts) for piece in reply.pieces] == [("sent", 1)]
        assert (shown.before, shown.after, shown.length) == (False, False, 2)
        assert await read_told(connection, conversation, turn) == reply
        assert await read_told(connection, conversation + 1, turn) is None


async def test_the_prompt_comes_back_as_it_was_asked(past: Past) -> None:
    _, turn = await past.talk(ANN, "Where is my order?", "On its way.")
    async with past.database.read() as connection:
        kept = await read_asked(connection, turn)
    assert kept is not None
    asked, odds = kept
    assert asked.lines == (("user", "Where is my order?"),)
    assert asked.decoding == DECODING
    assert "".join(piece for piece, _ in odds) == "On its way."
    assert [one for _, one in odds] == sorted((one for _, one in odds), reverse=True)


async def test_a_long_conversation_is_read_in_parts(past: Past) -> None:
    for number in range(5):
        conversation = await past.said(ANN, f"message {number}")
    async with past.database.read() as connection:
        newest = await read_closeup(connection, conversation, size=2)
        assert newest is not None
        assert ([told.turn.seq for told in newest.turns], newest.before, newest.after) == ([4, 5], True, False)
        older = await read_closeup(connection, conversation, until=2, size=2)
        assert older is not None
        assert ([told.turn.seq for told in older.turns], older.before, older.after) == ([1, 2], False, True)
        assert await read_closeup(connection, 99) is None


@pytest.mark.parametrize("event", [Removal(ANN, "gone", "1"), Edit(ANN, "changed", "1", "never mind")])
async def test_a_prompt_is_let_go_when_words_in_it_are_taken_back(past: Past, event: Removal | Edit) -> None:
    _, turn = await past.talk(ANN, f"my secret is {SECRET}", "I see.")
    _, other = await past.talk(LIU, "hello", "Hello.")
    await Acceptor(past.database).accept(event)
    assert not await kept(past.database, turn)
    assert await kept(past.database, other)


async def test_a_prompt_of_before_stays_when_a_later_message_is_taken_back(past: Past) -> None:
    _, turn = await past.talk(ANN, "hello", "Hello.")
    await past.said(ANN, f"my secret is {SECRET}", platform_id="late")
    await Acceptor(past.database).accept(Removal(ANN, "gone", "late"))
    assert await kept(past.database, turn)


async def test_erasing_takes_prompts_and_odds_along(past: Past) -> None:
    conversation, turn = await past.talk(ANN, f"my secret is {SECRET}", f"So {SECRET} it is.")
    async with past.database.begin() as connection:
        await erase_conversation(connection, conversation)
    assert not await kept(past.database, turn)
    async with past.database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM prompts"))).scalar_one() == 0


async def test_nothing_erased_is_left_in_a_scrubbed_file(past: Past) -> None:
    """The index holds trigrams, each in its place; two of three letters are enough to betray a word."""
    if not past.database.embedded:
        pytest.skip("PostgreSQL sweeps by itself")
    await past.talk(LIU, "hello there", "Hello.")
    rare = "ⱷⱸⱹⱺ"
    conversation, _ = await past.talk(ANN, f"my secret is {rare} and {SECRET}", "I see.")
    async with past.database.begin() as connection:
        await erase_conversation(connection, conversation)
    assert await past.database.scrub()
    path = str(past.database.engine.url.database)
    with open(path, "rb") as file:  # noqa: PTH123, ASYNC230 - the file as it lies there
        content = file.read()
    for part in (rare, rare[1:3], rare[2:], SECRET):
        assert part.encode() not in content, part


async def test_a_model_that_was_not_asked_leaves_no_prompt(past: Past) -> None:
    await past.said(ANN, "/help")
    turn = await past.answered(Reply("Write what you need.", "scripted", "help"))
    assert not await kept(past.database, turn)


async def test_odds_that_are_no_numbers_do_no_harm(past: Past) -> None:
    await past.said(ANN, "hi")
    writing = written("Hello.", ("user", "hi"), odds=(("Hello.", float("nan")),))
    turn = await past.answered(Reply("Hello.", "generative", draft="Hello.", writing=writing))
    assert await kept(past.database, turn)
