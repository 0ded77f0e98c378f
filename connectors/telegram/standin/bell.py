"""Wakes whoever waits for something to become true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Bell:
    """Rung after each change."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for the condition, `seconds` at most, and return it."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    rung = asyncio.get_running_loop().create_future()
                    self._waiting.add(rung)
                    await rung
        except TimeoutError:
            return condition()
        return True
