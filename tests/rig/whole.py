"""A whole bot in this process, for tests that look at what people see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.app import assemble
from bot.store.database import StoreSettings, open_database
from bot.store.ledger import Ledger

Settled = Callable[[], Awaitable[None]]


@asynccontextmanager
async def running(channel: str, folder: Path) -> AsyncIterator[Settled]:
    """Run a bot that repeats what is said; the function waits until all that was accepted has ended."""
    store = StoreSettings(url=f"sqlite:///{folder}/bot.sqlite3")
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(assemble((channel,), store))
        stopped = asyncio.Event()
        task = asyncio.create_task(bot.run(stopped))
        database = open_database(store)
        ledger = Ledger(database)

        async def settled() -> None:
            while (await ledger.balance()).open:
                await asyncio.sleep(0.01)

        try:
            yield settled
        finally:
            stopped.set()
            await task
            await database.close()
