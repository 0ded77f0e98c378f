"""SQLite has one writer at a time: who wants to write waits here, in order, and is told when that takes long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger()

SLOW_SECONDS = 1.0
"""Whoever waits longer for the writer before it has a database that is too slow for its messages."""
TELL_EVERY = 60.0
REMEDY = "a quicker disk or a processor with less to do; PostgreSQL lets several write at once"


class SingleWriter:
    """A lock, fair as asyncio's, that knows how long it has been held. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._began: float | None = None
        self._told = float("-inf")

    @property
    def held(self) -> float:
        """Seconds for which the transaction at work has lasted, 0 while there is none."""
        return 0.0 if self._began is None else self._clock() - self._began

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold the lock for the block."""
        asked = self._clock()
        async with self._lock:
            self._began = self._clock()
            self._tell(self._began - asked)
            try:
                yield
            finally:
                self._began = None

    def _tell(self, waited: float) -> None:
        now = self._clock()
        if waited > SLOW_SECONDS and now - self._told >= TELL_EVERY:
            self._told = now
            log.warning("the database is slow", waited=round(waited, 1), remedy=REMEDY)
