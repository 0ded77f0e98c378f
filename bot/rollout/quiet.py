"""Whether a person waits for a reply in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Quiet:
    """Counts replies that are being written for people, so that nothing else takes their processor."""

    def __init__(self) -> None:
        self._writing = 0
        self._quiet, self._broken = asyncio.Event(), asyncio.Event()
        self._quiet.set()

    @contextmanager
    def broken(self) -> Iterator[None]:
        """For the block, somebody waits."""
        self._writing += 1
        self._quiet.clear()
        self._broken.set()
        try:
            yield
        finally:
            self._writing -= 1
            if not self._writing:
                self._broken.clear()
                self._quiet.set()

    async def begins(self) -> None:
        """Return when nobody waits."""
        await self._quiet.wait()

    async def ends(self) -> None:
        """Return when somebody waits."""
        await self._broken.wait()
