"""Runs a bot that was put together, from the first message to a graceful end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bot:
    """What has to run: receiving, dispatching, and what goes on until the end (the web server, the books)."""

    receiving: Sequence[Awaitable[None]]
    dispatching: Awaitable[None]
    background: Sequence[Awaitable[None]] = ()
    greeting: str = ""
    """What whoever started it should read: where the bot is to be found."""

    async def run(self, stopped: asyncio.Event) -> None:
        """Run until asked to stop or until every channel has ended. Raises what one of the parts raises.

        At the end nothing new is received, what is being said is finished, and only then the background goes.
        """
        stop: asyncio.Future[Any] = asyncio.ensure_future(stopped.wait())
        channels: asyncio.Future[Any] = asyncio.ensure_future(self._receive())
        tasks = [stop, channels, *(asyncio.ensure_future(part) for part in (self.dispatching, *self.background))]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
                await asyncio.wait([task])

    async def _receive(self) -> None:
        await asyncio.gather(*self.receiving)


def run_until_stopped(assembled: AbstractAsyncContextManager[Bot], greet: Callable[[str], None]) -> None:
    """Run the bot in a loop of its own until SIGTERM or SIGINT, or until its channels have ended.

    `greet` gets the bot's greeting, where it has one, once it can be reached.
    """
    asyncio.run(_run(assembled, greet))


async def _run(assembled: AbstractAsyncContextManager[Bot], greet: Callable[[str], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with assembled as bot:
        if bot.greeting:
            greet(bot.greeting)
        await bot.run(stopped)
