from __future__ import annotations

import asyncio
from contextlib import suppress

from bot.dispatcher import Dispatcher
from bot.messages import Address, Message
from bot.store.accepting import Acceptor
from bot.store.database import Database
from bot.store.leasing import Claim, Leases
from bot.store.ledger import Ledger


class Slow(Leases):
    """Commits a claim and takes its time to say so."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "stopping")
        self.committed = asyncio.Event()

    async def claim(self) -> Claim | None:
        claim = await super().claim()
        self.committed.set()
        await asyncio.sleep(0.2)
        return claim


async def serve(claim: Claim) -> None:
    raise AssertionError("a process that stops begins nothing new")


async def test_a_claim_that_is_made_while_the_process_stops_is_let_go(database: Database) -> None:
    await Acceptor(database).accept(Message(Address("memory", "1", "7"), "k", "hello", "9", "1", order=1))
    leases = Slow(database)
    running = asyncio.create_task(Dispatcher(leases, Ledger(database), serve).run())
    async with asyncio.timeout(5):
        await leases.committed.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
    assert await Leases(database, "next").claim() is not None
