"""The open writers by the names of their versions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import structlog

from bot.errors import PalaverError
from bot.rollout.seat import Seat
from bot.versions import Version
from nlg.contract import Writer

log = structlog.get_logger()

AGAIN = 30.0
"""Seconds until a version that could not be opened is tried once more."""


class Seats:
    """Opens one at a time, and closes behind the caller's back."""

    def __init__(self, open_: Callable[[Version], Awaitable[Writer]]) -> None:
        self._open = open_
        self._seats: dict[str, Seat] = {}
        self._again: dict[str, float] = {}
        self._lock = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Seat]:
        return iter(list(self._seats.values()))

    def get(self, name: str) -> Seat | None:
        return self._seats.get(name)

    async def take(self, version: Version) -> Seat:
        """Return the version's seat, opened if it is not. Raises why it cannot be opened."""
        async with self._lock:
            seat = self._seats.get(version.name)
            if seat is None:
                seat = self._seats[version.name] = Seat(version, await self._open(version))
                log.info("version opened", version=version.name, stage=version.stage)
            return seat

    async def try_(self, version: Version) -> None:
        """Take the seat if it can be had; one that could not be opened lately is left alone."""
        now = asyncio.get_running_loop().time()
        if version.name in self._seats or now < self._again.get(version.name, 0.0):
            return
        try:
            await self.take(version)
        except PalaverError as error:
            self._again[version.name] = now + AGAIN
            log.error("version cannot be opened", version=version.name, error=str(error))

    def leave(self, name: str) -> None:
        """Take the seat away now, and close it once nobody uses it."""
        task = asyncio.create_task(self._seats.pop(name).close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        log.info("version closed", version=name)

    async def close(self) -> None:
        """Close all, and wait for it."""
        async with self._lock:
            for name in list(self._seats):
                self.leave(name)
        await asyncio.gather(*self._closing)
