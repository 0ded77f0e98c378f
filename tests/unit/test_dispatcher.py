from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import ExitStack, asynccontextmanager, suppress

import pytest
from sqlalchemy import update

from bot.dispatcher import Dispatcher
from bot.messages import Address, Message
from bot.precedence import FEW, PATIENCE, Precedence
from bot.store.accepting import Acceptor
from bot.store.database import Database
from bot.store.leasing import Claim, Leases
from bot.store.ledger import Ledger
from bot.store.tables import ConversationRow


class Slow(Leases):
    """Commits a claim and takes its time to say so."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "stopping")
        self.committed = asyncio.Event()

    async def claim(self, besides: Collection[int] = ()) -> Claim | None:
        claim = await super().claim(besides)
        self.committed.set()
        await asyncio.sleep(0.2)
        return claim


class Counting(Leases):
    """Counts how often it was asked for work."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "busy")
        self.asked = 0

    async def claim(self, besides: Collection[int] = ()) -> Claim | None:
        claim = await super().claim(besides)
        self.asked += 1
        return claim


class Broken(Ledger):
    """Fails in a way that nobody thought of, and then does its work."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.swept = asyncio.Event()
        self._first = True

    async def sweep(self) -> int:
        if self._first:
            self._first = False
            raise LookupError("nobody thought of this")
        self.swept.set()
        return await super().sweep()


async def accept(database: Database) -> None:
    await Acceptor(database).accept(Message(Address("memory", "1", "7"), "k", "hello", "9", "1", order=1))


@asynccontextmanager
async def at_work(dispatcher: Dispatcher) -> AsyncIterator[None]:
    running = asyncio.create_task(dispatcher.run())
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Endless:
    """Serves for ever, and remembers what."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []

    async def serve(self, claim: Claim) -> None:
        self.claims.append(claim)
        await asyncio.Event().wait()

    async def number(self, count: int) -> None:
        while len(self.claims) < count:
            await asyncio.sleep(0)


async def let_lapse(database: Database) -> None:
    """End every lease, as time does while the database is too slow to extend them."""
    async with database.begin() as connection:
        await connection.execute(update(ConversationRow).values(lease_until=0.0))


async def ask_again(dispatcher: Dispatcher, leases: Counting) -> None:
    """Have it look for work twice more: the first look may have begun before."""
    for _ in range(2):
        asked = leases.asked
        while leases.asked == asked:
            dispatcher.wake()
            await asyncio.sleep(0)


async def serve(claim: Claim) -> None:
    raise AssertionError("a process that stops begins nothing new")


async def test_a_claim_that_is_made_while_the_process_stops_is_let_go(database: Database) -> None:
    await accept(database)
    leases = Slow(database)
    running = asyncio.create_task(Dispatcher(leases, Ledger(database), serve, Precedence()).run())
    async with asyncio.timeout(5):
        await leases.committed.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
    assert await Leases(database, "next").claim() is not None


async def test_a_conversation_at_work_here_is_not_taken_from_ourselves_when_its_lease_lapses(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dispatcher.GRACE", 0.0)
    await accept(database)
    leases, work = Counting(database), Endless()
    dispatcher = Dispatcher(leases, Ledger(database), work.serve, Precedence())
    async with at_work(dispatcher):
        await work.number(1)
        await let_lapse(database)
        await ask_again(dispatcher, leases)
        assert [claim.fence for claim in work.claims] == [1]
        assert await Leases(database, "another process").claim() is not None


async def test_a_conversation_whose_task_does_not_end_is_taken_over_after_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dispatcher.GRACE", 0.0)
    monkeypatch.setattr("bot.dispatcher.LONGEST", 0.0)
    await accept(database)
    leases, work = Counting(database), Endless()
    dispatcher = Dispatcher(leases, Ledger(database), work.serve, Precedence())
    async with at_work(dispatcher):
        await work.number(1)
        await let_lapse(database)
        await ask_again(dispatcher, leases)
        await work.number(2)


async def test_a_conversation_can_be_claimed_again_once_it_was_served(database: Database) -> None:
    await accept(database)
    served: list[Claim] = []
    leases = Leases(database, "one")

    async def serve_and_release(claim: Claim) -> None:
        served.append(claim)
        await leases.release(claim)

    async with at_work(Dispatcher(leases, Ledger(database), serve_and_release, Precedence())):
        while len(served) < 3:  # still open, so due again at once
            await asyncio.sleep(0)


async def test_sweeping_goes_on_after_an_error_that_nobody_thought_of(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.dispatcher.SWEEP", 0.0)
    ledger = Broken(database)
    async with at_work(Dispatcher(Leases(database, "one"), ledger, serve, Precedence())):
        await ledger.swept.wait()


async def test_a_process_that_stops_first_ends_the_sweep_that_is_under_way(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its transaction is cut off once more at the end of the loop, and SQLite's driver then never ends."""
    monkeypatch.setattr("bot.dispatcher.SWEEP", 0.0)
    ledger = Broken(database)
    before = asyncio.all_tasks()
    async with at_work(Dispatcher(Leases(database, "one"), ledger, serve, Precedence())):
        await ledger.swept.wait()
    assert asyncio.all_tasks() == before


async def test_a_crowd_that_comes_in_goes_before_the_answering_but_does_not_stop_it():
    precedence, loop = Precedence(), asyncio.get_running_loop()
    began = loop.time()
    await precedence.give_way()
    assert loop.time() - began < PATIENCE / 2
    with ExitStack() as crowd:
        for _ in range(FEW + 1):
            crowd.enter_context(precedence.coming())
        began = loop.time()
        await precedence.give_way()
        assert loop.time() - began >= PATIENCE * 0.9
        waiting = asyncio.create_task(precedence.give_way())
    await waiting
