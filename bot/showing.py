"""Signs of life while a reply is being written: typing every few seconds, and the text as it grows."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from bot.interfaces import Connector
from bot.messages import Address, Sign

HEARTBEAT = 4.0
"""Platforms take typing back after about five seconds."""
PATIENCE = 0.15
"""Answers quicker than this need no sign before them."""


class Showing:
    """Shows the newest state and skips what came too fast: a slow platform never holds up the model."""

    def __init__(self, connector: Connector | None, address: Address) -> None:
        self._connector = connector
        self._address = address
        self._text = ""
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def show(self, text: str) -> None:
        """Take the text so far; returns at once."""
        self._text = text
        self._news.set()

    async def __aenter__(self) -> Self:
        if self._connector is not None:
            self._task = asyncio.create_task(self._run(self._connector))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, connector: Connector) -> None:
        await self._wait(PATIENCE)
        while True:
            self._news.clear()
            await connector.show(self._address, Sign(self._text))
            await self._wait(HEARTBEAT)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
