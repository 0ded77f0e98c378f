"""What means something to a database means nothing in a search or a filter."""

from __future__ import annotations

import time

from sqlalchemy import func, select

from bot.messages import Address, Message
from bot.store.accepting import Acceptor
from bot.store.filters import filters
from bot.store.listing import Wanted, count, walk
from bot.store.tables import ConversationRow, TurnRow
from bot.store.terms import terms
from tests.rig.injections import INJECTIONS

SECONDS = 2.0
WORD = "ωψξ"
"""In none of the injections, not even a letter of it."""
FEW = INJECTIONS[::5]


async def say(database, chat: str, text: str, account: str = "1") -> None:
    await Acceptor(database).accept(Message(Address("telegram", account, chat), chat, text, "9", chat))


async def found(connection, wanted: Wanted) -> list[str]:
    rows = (await connection.execute((await walk(connection, wanted)).statement.limit(10))).all()
    chats = select(ConversationRow.chat).where(ConversationRow.id.in_([row[0] for row in rows]))
    return list((await connection.execute(chats)).scalars())


def test_there_are_two_hundred_and_each_is_another():
    assert len(set(INJECTIONS)) == len(INJECTIONS) == 200


async def test_searches_find_what_holds_their_words_and_nothing_else(database):
    """Marks alone ask for nothing: then everything is listed."""
    await say(database, "5", WORD)
    async with database.read() as connection:
        for text in INJECTIONS:
            began = time.monotonic()
            assert await found(connection, Wanted(text)) == ([] if terms(text) else ["5"]), text
            await count(connection, Wanted(text))
            assert time.monotonic() - began < SECONDS, text


async def test_words_that_were_written_are_found_however_they_look(database):
    held = [text for text in INJECTIONS if " " not in text and "\\" not in text and text.isalnum()]
    held += ["a' OR 1=1 --", "a'; DROP TABLE turns; --", "a' UNION SELECT password FROM users --"]
    for number, text in enumerate(held):
        await say(database, str(100 + number), text)
    async with database.read() as connection:
        for number, text in enumerate(held):
            assert str(100 + number) in await found(connection, Wanted(text)), text


async def test_filters_take_every_value_literally_or_refuse_it(database):
    await say(database, "5", WORD)
    await say(database, "6", WORD, account=FEW[-1])
    async with database.read() as connection:
        for name in filters():
            for text in FEW:
                wanted = Wanted("", {name: text})
                try:
                    wanted.conditions()
                except ValueError:
                    continue
                hits = await found(connection, wanted)
                assert hits == (["6"] if (name, text) == ("account", FEW[-1]) else []), (name, text)
        assert (await connection.execute(select(func.count()).select_from(TurnRow))).scalar() == 2
