"""What reviewers say is kept, also what they said before, and goes when a person is erased."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from bot.messages import Address
from bot.reviews import Review, Verdict, read_tags
from bot.staff import Role, User
from bot.store.database import Database
from bot.store.recording import Recorder
from bot.store.reviewing.assigning import assign
from bot.store.reviewing.reading import Mark, agreements, before, counts, mark_of, model_of, reviewers, reviews_of
from bot.store.reviewing.writing import find_reply, mark_reviewed, save_review
from bot.store.tables.reviews import ReviewRow
from tests.rig.reviewing import MODEL, Exchange, converse, person

TALK = [Exchange("where is it", "On its way."), Exchange("when", "Soon.")]


async def say(database: Database, turn: int, user: User, review: Review) -> None:
    async with database.begin() as connection:
        reply = await find_reply(connection, turn)
        assert reply is not None
        await save_review(connection, reply, user, review)


async def test_what_a_reviewer_said_before_is_kept_and_no_longer_counts(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [first, second] = await converse(database, "5", TALK)
    await say(database, first, ada, Review(Verdict.GOOD))
    await say(database, first, ada, Review(Verdict.BAD, ("incomplete",), "which day?", "It comes on Monday."))
    async with database.read() as connection:
        said = (await reviews_of(connection, [first, second]))[first]
        assert [(one.review.verdict, one.current) for one in said] == [(Verdict.BAD, True), (Verdict.GOOD, False)]
        assert said[0].review == Review(Verdict.BAD, ("incomplete",), "which day?", "It comes on Monday.")
        assert said[0].name == "Ada"
        assert await counts(connection) == {"good": 0, "bad": 1, "corrected": 1}


async def test_two_reviewers_may_say_two_things_of_one_reply(database: Database) -> None:
    ada, bo = await person(database, "Ada"), await person(database, "Bo")
    _, [first, second] = await converse(database, "5", TALK)
    for turn, mine, theirs in ((first, Verdict.GOOD, Verdict.GOOD), (second, Verdict.GOOD, Verdict.BAD)):
        await say(database, turn, ada, Review(mine))
        await say(database, turn, bo, Review(theirs))
    async with database.read() as connection:
        [found] = await agreements(connection)
        assert (found.first, found.second, found.both, found.same) == ("Ada", "Bo", 2, 1)
        assert found.kappa == pytest.approx(0.0)


async def test_a_flag_of_any_reply_flags_the_conversation_until_the_last_is_taken_back(database: Database) -> None:
    ada, bo = await person(database, "Ada"), await person(database, "Bo")
    conversation, [first, second] = await converse(database, "5", TALK)
    await say(database, first, ada, Review(flagged=True))
    await say(database, second, bo, Review(flagged=True))
    await say(database, first, ada, Review())
    async with database.read() as connection:
        assert (await mark_of(connection, conversation)).flagged
    await say(database, second, bo, Review())
    async with database.read() as connection:
        assert not (await mark_of(connection, conversation)).flagged


async def test_a_conversation_is_given_to_reviewers_only_and_marked_reviewed(database: Database) -> None:
    ada, guest = await person(database, "Ada"), await person(database, "Gus", Role.VIEWER)
    conversation, _ = await converse(database, "5", TALK)
    async with database.begin() as connection:
        assert await mark_of(connection, conversation) == Mark()
        assert await assign(connection, conversation, ada.id)
        assert not await assign(connection, conversation, guest.id)
        assert not await assign(connection, conversation, 999)
        await mark_reviewed(connection, conversation, True)
        mark = await mark_of(connection, conversation)
        assert (mark.assignee, mark.reviewed_at is not None) == (ada.id, True)
        assert await assign(connection, conversation, None)
        await mark_reviewed(connection, conversation, False)
        assert await mark_of(connection, conversation) == Mark()
        assert await reviewers(connection) == [(ada.id, "Ada")]


async def test_only_replies_of_the_bot_can_be_reviewed(database: Database) -> None:
    conversation, [first, _] = await converse(database, "5", TALK)
    async with database.read() as connection:
        assert await find_reply(connection, first) == (first, conversation)
        assert await find_reply(connection, first - 1) is None, "that is the person"
        assert await find_reply(connection, 10**9) is None


async def test_a_reply_is_shown_with_what_came_before_it(database: Database) -> None:
    _, [_, second] = await converse(database, "5", TALK)
    async with database.read() as connection:
        assert [turn.text for turn in await before(connection, second, 2)] == ["On its way.", "when", "Soon."]
        assert await before(connection, 10**9, 2) == ()
        assert await model_of(connection, second) == (MODEL, pytest.approx(-0.2))
        assert await model_of(connection, second - 1) == ("", None)


async def test_erasing_a_person_takes_their_words_out_of_reviews_and_keeps_the_verdicts(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [first, _] = await converse(database, "5", TALK)
    await say(database, first, ada, Review(Verdict.BAD, ("canary",), "canary wrote it", "Dear canary, soon."))
    await Recorder(database).forget(Address("telegram", "1", "5"), [])
    async with database.read() as connection:
        rows = (await connection.execute(select(ReviewRow.__table__))).all()
        assert [row.verdict for row in rows] == ["bad"]
        assert "canary" not in str(rows)
        assert await find_reply(connection, first) is None


async def test_longer_notes_than_a_page_takes_are_cut(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [first, _] = await converse(database, "5", TALK)
    await say(database, first, ada, Review(note="n" * 9000, correction="c" * 9000))
    async with database.read() as connection:
        row = (await connection.execute(text("SELECT note, correction FROM reviews"))).one()
        assert (len(row.note), len(row.correction)) == (4000, 4000)


def test_tags_are_read_in_both_languages_each_once_and_small() -> None:
    assert read_tags(" Wrong fact,tone，TONE、 太长 ,, ") == ("wrong fact", "tone", "太长")
    assert len(read_tags(",".join(str(number) for number in range(99)))) == 10
    assert read_tags("x" * 99) == ("x" * 32,)
