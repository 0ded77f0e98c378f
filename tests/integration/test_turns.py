"""The conversations that benchmarks are made of fit the tables, and the search index knows them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.messages import Address, Message
from bot.store.accepting import Acceptor
from bot.store.database import Database
from bot.store.listing import Wanted, count
from tests.benchmarks.turns.loading import NotEmpty, load


async def test_a_database_is_filled_searched_and_goes_on_from_there(database: Database) -> None:
    assert [stored async for stored in load(database, 300)][-1] == 300
    async with database.read() as connection:
        assert await count(connection, Wanted(), most=1000) > 10
        for words, language in (("order", "en"), ("订单", "zh")):
            there = await count(connection, Wanted(words, {"language": language}))
            assert 0 < there <= await count(connection, Wanted(words))
    await Acceptor(database).accept(Message(Address("web", "site", "new"), "k", "a brand-new zebra", "9"))
    async with database.read() as connection:
        assert await count(connection, Wanted("zebra")) == 1
        assert (await connection.execute(text("SELECT max(id) FROM turns"))).scalar_one() == 301


async def test_a_database_with_conversations_is_left_alone(database: Database) -> None:
    await Acceptor(database).accept(Message(Address("web", "site", "new"), "k", "hello", "9"))
    with pytest.raises(NotEmpty):
        [stored async for stored in load(database, 10)]
