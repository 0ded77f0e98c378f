"""Which reply a reviewer sees next."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from bot.errors import SettingsError
from bot.messages import Address
from bot.reviews import Review, Verdict
from bot.staff import User
from bot.store.database import Database
from bot.store.recording import Recorder
from bot.store.reviewing.assigning import assign
from bot.store.reviewing.queue import Wish, all_policies, next_reply
from bot.store.reviewing.writing import find_reply, mark_reviewed, save_review
from bot.store.tables.feedback import FeedbackRow
from tests.rig.reviewing import Exchange, converse, person

TALK = [
    Exchange("a", "sure", score=-0.1),
    Exchange("b", "unsure", score=-2.0),
    Exchange("c", "very unsure", score=-3.0),
    Exchange("d", "I did not get that.", responder="fallback"),
    Exchange("e", "Commands: /help", responder="scripted"),
]


async def upcoming(database: Database, user: User, policy: str = "", chance: float = 0.0) -> tuple[int, str] | None:
    async with database.read() as connection:
        return await next_reply(connection, Wish(user.id, -1.0, chance), policy)


async def say(database: Database, turn: int, user: User, review: Review) -> None:
    async with database.begin() as connection:
        reply = await find_reply(connection, turn)
        assert reply is not None
        await save_review(connection, reply, user, review)


async def test_the_least_sure_come_first_then_fallbacks_then_any(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [sure, unsure, very, fallback, _] = await converse(database, "5", TALK)
    seen = []
    while found := await upcoming(database, ada):
        seen.append(found)
        await say(database, found[0], ada, Review(Verdict.GOOD))
    assert seen == [(very, "low_score"), (unsure, "low_score"), (fallback, "fallbacks"), (sure, "sample")]


async def test_what_people_did_not_like_comes_before_all_else(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [sure, unsure, *_] = await converse(database, "5", TALK)
    async with database.begin() as connection:
        for turn, sender, thumb, at in ((sure, "a", "down", 1.0), (sure, "b", "up", 2.0), (unsure, "a", "up", 3.0)):
            row = {"turn_id": turn, "sender": sender, "thumb": thumb, "at": at, "changed_at": at}
            await connection.execute(insert(FeedbackRow).values(**row))
    assert await upcoming(database, ada) == (sure, "thumbs_down")
    await say(database, sure, ada, Review(Verdict.BAD))
    assert await upcoming(database, ada, "thumbs_down") is None


async def test_what_one_reviewer_puts_off_another_still_sees_and_what_is_reviewed_nobody(database: Database) -> None:
    ada, bo = await person(database, "Ada"), await person(database, "Bo")
    _, [_, unsure, very, *_] = await converse(database, "5", TALK)
    await say(database, very, ada, Review(reviewed=False))
    assert await upcoming(database, ada) == (unsure, "low_score")
    assert await upcoming(database, bo) == (very, "low_score")
    await say(database, very, bo, Review(Verdict.BAD))
    assert await upcoming(database, bo) == (unsure, "low_score")


async def test_conversations_of_others_and_those_that_are_done_are_passed_over(database: Database) -> None:
    ada, bo = await person(database, "Ada"), await person(database, "Bo")
    conversation, _ = await converse(database, "5", TALK)
    async with database.begin() as connection:
        await assign(connection, conversation, bo.id)
    assert await upcoming(database, ada) is None
    assert await upcoming(database, bo) is not None
    async with database.begin() as connection:
        await mark_reviewed(connection, conversation, True)
    assert await upcoming(database, bo) is None


async def test_a_second_look_shows_what_others_judged(database: Database) -> None:
    ada, bo = await person(database, "Ada"), await person(database, "Bo")
    _, [sure, *_] = await converse(database, "5", TALK[:1])
    assert await upcoming(database, bo, "second_look") is None
    await say(database, sure, ada, Review(Verdict.GOOD))
    assert await upcoming(database, bo, "second_look") == (sure, "second_look")
    assert await upcoming(database, ada, "second_look") is None
    await say(database, sure, bo, Review(Verdict.BAD))
    assert await upcoming(database, bo, "second_look") is None


async def test_a_sample_begins_anywhere_and_goes_around(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [*replies] = await converse(database, "5", [Exchange(str(at), f"reply {at}") for at in range(6)])
    seen = {(await upcoming(database, ada, "sample", chance / 12) or (0, ""))[0] for chance in range(12)}
    assert seen == set(replies)
    await say(database, replies[-1], ada, Review(Verdict.GOOD))
    assert await upcoming(database, ada, "sample", 0.999) == (replies[0], "sample")


async def test_erased_replies_are_not_shown(database: Database) -> None:
    ada = await person(database, "Ada")
    await converse(database, "5", TALK)
    await Recorder(database).forget(Address("telegram", "1", "5"), [])
    assert await upcoming(database, ada) is None


@pytest.mark.parametrize("policy", all_policies())
async def test_every_policy_finds_nothing_where_there_is_nothing(database: Database, policy: str) -> None:
    ada = await person(database, "Ada")
    assert await upcoming(database, ada, policy, 0.5) is None


async def test_a_policy_that_does_not_exist_is_refused_with_those_that_do(database: Database) -> None:
    ada = await person(database, "Ada")
    with pytest.raises(SettingsError, match="low_score"):
        await upcoming(database, ada, "nonsense")
