"""Who comes in goes before who is answered: a platform waits seconds for its 200, a person gladly a little longer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

FEW = 4
"""So many deliveries being stored at once are no crowd."""
PATIENCE = 0.25
"""Seconds that the next conversation waits at most, so that answering goes on, if slowly, however many come in."""


class Precedence:
    """Counts who is coming in."""

    def __init__(self) -> None:
        self._coming = 0
        self._calm = asyncio.Event()
        self._calm.set()

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Somebody comes in for as long as the block lasts."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    async def give_way(self) -> None:
        """Return when no crowd is coming in, and after `PATIENCE` in any case."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._calm.wait()

    def _count(self, more: int) -> None:
        self._coming += more
        (self._calm.set if self._coming <= FEW else self._calm.clear)()
