"""Pairs of replies: blind, in an order by chance, and counted."""

from __future__ import annotations

import pytest

from bot.agreement import share
from bot.messages import Address
from bot.reviews import Choice
from bot.staff import User
from bot.store.database import Database
from bot.store.recording import Recorder
from bot.store.reviewing.comparing import find_pair, judge, keep_pair, language_of, open_pair, prompts, standings
from tests.rig.reviewing import Exchange, converse, person


async def kept(database: Database, turn: int, **replies: str) -> int:
    async with database.begin() as connection:
        return await keep_pair(connection, turn, replies)


async def choose(database: Database, user: User, better: str) -> None:
    """Judge the next pair as somebody who likes this text, on whichever side it stands."""
    async with database.begin() as connection:
        pair = await open_pair(connection, user.id)
        assert pair is not None
        choice = pair.choice({pair.left: "left", pair.right: "right"}.get(better, better))
        assert choice is not None
        await judge(connection, pair, user, choice)


async def test_wins_are_counted_for_the_model_whichever_side_it_stood_on(database: Database) -> None:
    ada, bo = await person(database, "Ada"), await person(database, "Bo")
    _, turns = await converse(database, "5", [Exchange(str(at), "x") for at in range(3)])
    for turn in turns:
        await kept(database, turn, new="good reply", old="bad reply")
    for user, likes in ((ada, ["good reply"] * 3), (bo, ["tie", "neither", "bad reply"])):
        for like in likes:
            await choose(database, user, like)
    async with database.read() as connection:
        assert await open_pair(connection, ada.id) is None
        [found] = await standings(connection)
    assert (found.first, found.second) == ("new", "old")
    assert (found.won, found.lost, found.ties, found.neither) == (share(3, 4), 1, 1, 1)


async def test_who_sees_which_reply_first_is_by_chance_and_stays_so(database: Database) -> None:
    people = [await person(database, f"p{at}") for at in range(12)]
    _, [turn] = await converse(database, "5", [Exchange("a", "x")])
    pairs = [await kept(database, turn, a=f"one {at}", b=f"two {at}") for at in range(4)]
    async with database.read() as connection:
        orders = []
        for pair in pairs:
            for user in people:
                seen = [await find_pair(connection, pair, user.id) for _ in range(2)]
                assert seen[0] == seen[1]
                assert seen[0] is not None
                orders.append(seen[0].swapped)
    assert 8 < sum(orders) < 40, "of 48 tosses"


async def test_a_choice_can_be_changed_and_only_the_last_counts(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [turn] = await converse(database, "5", [Exchange("a", "x")])
    number = await kept(database, turn, a="one", b="two")
    async with database.begin() as connection:
        pair = await find_pair(connection, number, ada.id)
        assert pair is not None
        await judge(connection, pair, ada, Choice.FIRST)
        await judge(connection, pair, ada, Choice.SECOND)
        [found] = await standings(connection)
    assert (found.won.hits, found.lost) == (0, 1)


async def test_an_erased_conversation_is_not_compared_any_more(database: Database) -> None:
    ada = await person(database, "Ada")
    _, [turn] = await converse(database, "5", [Exchange("a", "x")])
    number = await kept(database, turn, a="canary one", b="canary two")
    await Recorder(database).forget(Address("telegram", "1", "5"), [])
    async with database.read() as connection:
        assert await open_pair(connection, ada.id) is None
        assert await find_pair(connection, number, ada.id) is None


@pytest.mark.parametrize("side", ["", "up", "first"])
async def test_what_is_no_side_chooses_nothing(database: Database, side: str) -> None:
    ada = await person(database, "Ada")
    _, [turn] = await converse(database, "5", [Exchange("a", "x")])
    number = await kept(database, turn, a="one", b="two")
    async with database.read() as connection:
        pair = await find_pair(connection, number, ada.id)
    assert pair is not None
    assert pair.choice(side) is None


async def test_prompts_to_compare_on_are_of_models_and_each_is_taken_once(database: Database) -> None:
    talk = [Exchange(str(at), f"r{at}") for at in range(5)]
    _, [*turns] = await converse(database, "5", [*talk, Exchange("x", "sorry", responder="fallback")], "zh")
    async with database.read() as connection:
        assert await prompts(connection, 3, 0.0) == turns[:3]
        assert sorted(await prompts(connection, 99, 0.7)) == turns[:5]
        assert await language_of(connection, turns[0]) == "zh"
        assert await language_of(connection, turns[0] - 1) == ""
    await kept(database, turns[0], a="one", b="two")
    async with database.read() as connection:
        assert turns[0] not in await prompts(connection, 99, 0.0)
