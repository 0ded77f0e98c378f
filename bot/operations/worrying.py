"""Says in `/readyz` and in the log what whoever runs the bot should know though it is ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from bot.store.database import Database
from bot.store.worries import Worries, read_worries

log = structlog.get_logger()

LOOK = 30.0
"""Seconds between looks at the clock."""


class Worrier:
    """Looks for what is amiss. `clock` gives seconds since 1970."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._told = False

    async def degraded(self) -> Mapping[str, str]:
        """Return each worry by its name, in a sentence; nothing when all is well. Raises `StoreDown`."""
        return describe(await self._read())

    async def look(self) -> None:
        """Raise the alarm in the log when the clock is off, and say when it is right again. Raises `StoreDown`."""
        found = await self._read()
        if found.clock_is_off != self._told:
            self._told = found.clock_is_off
            tell = log.error if self._told else log.info
            tell("clock is off" if self._told else "clock is right again", seconds=round(found.drift, 1))

    async def _read(self) -> Worries:
        async with self._database.read() as connection:
            return await read_worries(connection, self._clock())


def describe(found: Worries) -> dict[str, str]:
    told = {}
    if found.unheard:
        told["alerts"] = f"{found.unheard} alerts have not reached the team for a minute or longer"
    if found.shed:
        told["shedding"] = f"{found.shed} messages were turned away in the last five minutes"
    if found.clock_is_off:
        side = "ahead of" if found.drift > 0 else "behind"
        told["clock"] = f"this machine's clock is {abs(found.drift):.0f} seconds {side} the database's; set it right"
    return told
