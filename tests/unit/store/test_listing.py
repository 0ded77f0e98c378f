"""Conversations are listed the newest first, filtered, counted, and found by what was said in them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from bot.messages import Address, Reply, State
from bot.staff import Role
from bot.store.database import Database
from bot.store.filters import filters
from bot.store.listing import Wanted, choices, count, listed, walk
from bot.store.reviewing.writing import mark
from bot.store.staff.users import add_user
from bot.store.tables import ConversationRow
from bot.store.views import keep_view, remove_view, views_of
from tests.rig.past import ANN, LIU, Past

BOB = Address("slack", "T0", "C1", "171.2")


async def chats(database: Database, wanted: Wanted, size: int = 50) -> list[tuple[str, int]]:
    """Who is listed, with the number of the turn that is shown."""
    async with database.read() as connection:
        way = await walk(connection, wanted)
        newest = way.statement.order_by(*(key.desc() for key in way.keys)).limit(size)
        rows = await listed(connection, (await connection.execute(newest)).all())
    return [(row.address.chat, row.turn.seq if row.turn else 0) for row in rows]


async def many(database: Database, wanted: Wanted, most: int = 1000) -> int:
    async with database.read() as connection:
        return await count(connection, wanted, most)


@pytest.fixture
async def past(database: Database) -> Past:
    past = Past(database)
    await past.talk(ANN, "Where is my refund?", "It is on its way.", model="service@1")
    await past.talk(LIU, "我的退款呢？", "已经在路上了。", model="service@2")
    await past.said(BOB, "A refund please, and another refund")
    await past.answered(Reply("A colleague will write to you.", "fallback", "late", ends=State.HANDED_OVER))
    async with database.begin() as connection:
        for chat, language in ((LIU.chat, "zh"), (BOB.chat, "en")):
            row = ConversationRow
            await connection.execute(update(row).where(row.chat == chat).values(language=language))
    return past


async def test_the_newest_conversation_comes_first_with_its_last_turn(past: Past) -> None:
    assert await chats(past.database, Wanted()) == [(BOB.chat, 2), (LIU.chat, 2), (ANN.chat, 2)]
    await past.said(ANN, "Hello?")
    assert await chats(past.database, Wanted()) == [(ANN.chat, 3), (BOB.chat, 2), (LIU.chat, 2)]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"channel": "slack"}, [BOB.chat]),
        ({"account": "7001"}, [ANN.chat]),
        ({"language": "zh"}, [LIU.chat]),
        ({"model": "service@1"}, [ANN.chat]),
        ({"model": "service@9"}, []),
        ({"state": "handed_over"}, [BOB.chat]),
        ({"state": "answered"}, [LIU.chat, ANN.chat]),
        ({"answering": "bot"}, [BOB.chat, LIU.chat, ANN.chat]),
        ({"answering": "human"}, []),
        ({"since": "2020-01-01"}, [BOB.chat, LIU.chat, ANN.chat]),
        ({"until": "2020-01-01"}, []),
        ({"flagged": "yes"}, []),
        ({"reviewed": "no"}, [BOB.chat, LIU.chat, ANN.chat]),
        ({"assigned": "nobody"}, []),
        ({"language": "zh", "model": "service@2"}, [LIU.chat]),
        ({"language": "zh", "model": "service@1"}, []),
    ],
)
async def test_a_filter_lets_through_what_it_says(past: Past, values: dict[str, str], found: list[str]) -> None:
    assert [chat for chat, _ in await chats(past.database, Wanted(values=values))] == found
    assert await many(past.database, Wanted(values=values)) == len(found)


async def test_marks_of_reviewers_filter(past: Past) -> None:
    async with past.database.begin() as connection:
        await mark(connection, 1, flagged=True, reviewed_at=1.0)
    assert [chat for chat, _ in await chats(past.database, Wanted(values={"flagged": "yes"}))] == [ANN.chat]
    assert [chat for chat, _ in await chats(past.database, Wanted(values={"reviewed": "yes"}))] == [ANN.chat]
    assert await many(past.database, Wanted(values={"reviewed": "no"})) == 2


async def test_a_search_shows_where_it_was_said_and_counts_the_places(past: Past) -> None:
    await past.talk(ANN, "The refund has not come", "Refund sent.")
    assert await chats(past.database, Wanted("refund")) == [(ANN.chat, 4), (BOB.chat, 1)]
    assert await many(past.database, Wanted("refund")) == 4
    assert await chats(past.database, Wanted("退款")) == [(LIU.chat, 1)]


@pytest.mark.parametrize("name", [name for name in filters() if name not in ("since", "until")])
async def test_every_filter_goes_with_a_search(past: Past, name: str) -> None:
    async with past.database.read() as connection:
        offered = (await choices(connection))[name]
    for value in offered:
        await chats(past.database, Wanted("refund", {name: value}))
        await many(past.database, Wanted("refund", {name: value}))


async def test_choices_are_what_there_is(past: Past) -> None:
    async with past.database.read() as connection:
        offered = await choices(connection)
    assert offered["channel"] == ["slack", "telegram", "web"]
    assert offered["model"] == ["service@1", "service@2"]
    assert offered["language"] == ("en", "zh")


async def test_no_more_are_counted_than_asked_for(past: Past) -> None:
    assert await many(past.database, Wanted(), most=1) == 2
    assert await many(past.database, Wanted("refund"), most=1) == 2


@pytest.mark.parametrize("values", [{"state": "nonsense"}, {"since": "yesterday"}, {"flagged": "maybe"}])
async def test_a_value_that_makes_no_sense_is_an_error(values: Any) -> None:
    with pytest.raises(ValueError, match=r"nonsense|yesterday|maybe"):
        Wanted(values=values).conditions()


async def test_users_keep_lists_of_their_own(database: Database, user_ids: tuple[int, int]) -> None:
    mine, other = user_ids
    async with database.begin() as connection:
        await keep_view(connection, mine, "Chinese", "language=zh")
        await keep_view(connection, mine, "Chinese", "language=zh&channel=web")
        await keep_view(connection, other, "Slack", "channel=slack")
        (view,) = await views_of(connection, mine)
        assert (view.name, view.query) == ("Chinese", "language=zh&channel=web")
        await remove_view(connection, other, view.id)
        assert len(await views_of(connection, mine)) == 1
        await remove_view(connection, mine, view.id)
        assert await views_of(connection, mine) == []
        assert len(await views_of(connection, other)) == 1


@pytest.fixture
async def user_ids(database: Database) -> tuple[int, int]:
    async with database.begin() as connection:
        first = await add_user(connection, "ann", "x", Role.VIEWER)
        return first, await add_user(connection, "bob", "x", Role.VIEWER)
