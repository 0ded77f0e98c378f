"""Thumbs are counted by hour, channel and version, whether or not a version was asked for the reply."""

from __future__ import annotations

from bot.messages import Address, Message, Opinion, Receipt, Reply, Thumb, Writing
from bot.store.tallying.reading import Span
from bot.store.tallying.thumbs import Thumbs, read_thumbs, thumbs_together
from tests.unit.store.conftest import Store

ALL = (0, 10**7)


async def judged(store: Store, channel: str, chat: str, version: str, thumb: Thumb) -> None:
    """Let somebody ask, a model answer, and them judge the reply."""
    address = Address(channel, "x", chat)
    await store.acceptor.accept(Message(address, chat, "hello", "ann", chat))
    claim = await store.claim_now()
    _, waiting = await store.answers.waiting(claim)
    reply = Reply("hi", "generative", draft="hi", version=version, writing=Writing("shop@1", -1.0, "end"))
    await store.answers.answer(claim, waiting, reply, ["hi"])
    while intent := await store.outbox.intend(claim):
        await store.outbox.sent(claim, intent, Receipt(chat))
    await store.leases.release(claim)
    await store.acceptor.accept(Opinion(address, f"{chat}:thumb", "ann", thumb, seq=2))


async def test_thumbs_are_counted_with_and_without_a_version(store: Store) -> None:
    await judged(store, "web", "1", "new", Thumb.UP)
    await judged(store, "web", "2", "new", Thumb.DOWN)
    await judged(store, "slack", "3", "old", Thumb.DOWN)
    await judged(store, "web", "4", "", Thumb.UP)
    await judged(store, "web", "5", "new", Thumb.NONE)
    async with store.database.read() as connection:
        everything = await read_thumbs(connection, Span(*ALL), int)
        web = await read_thumbs(connection, Span(*ALL, "web"), int)
        new = await read_thumbs(connection, Span(*ALL, "", "new"), int)
        nothing = await read_thumbs(connection, Span(0, 1), int)
    by_version = thumbs_together(everything, lambda key: key[2])
    assert by_version == {"new": Thumbs(1, 1), "old": Thumbs(0, 1), "": Thumbs(1, 0)}
    assert thumbs_together(web, lambda key: key[1]) == {"web": Thumbs(2, 1)}
    assert thumbs_together(new, lambda key: key[2]) == {"new": Thumbs(1, 1)}
    assert nothing == {}
