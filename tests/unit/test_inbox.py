"""What is committed wakes whoever answers: at once, and when an answer is due."""

from __future__ import annotations

import asyncio

from bot.inbox import StoringInbox
from bot.messages import Acceptance, Address, Message
from bot.precedence import Precedence
from bot.store.accepting import Acceptor
from bot.store.database import Database


async def test_a_message_that_has_to_settle_wakes_once_more_when_it_is_due(database: Database) -> None:
    woken: list[float] = []
    clock = asyncio.get_running_loop().time

    async def stop(address: Address, acceptance: Acceptance) -> None: ...

    inbox = StoringInbox(
        Acceptor(database), lambda: woken.append(clock()), stop, lambda channel, within: None, Precedence()
    )
    await inbox.accept(Message(Address("slack", "T1", "D1"), "k", "hello", "ann", "1.0", settle=0.3))
    accepted = clock()
    assert len(woken) == 1
    async with asyncio.timeout(10):
        while len(woken) < 2:
            await asyncio.sleep(0.01)
    assert woken[1] - accepted < 0.9  # not the next look at the database, which comes after a second
    await inbox.accept(Message(Address("telegram", "1", "7"), "k", "hello", "ann", "1"))
    await asyncio.sleep(0.1)
    assert len(woken) == 3
