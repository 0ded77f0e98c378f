"""Waits until a trial has come to rest: all done, or nothing moving any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

STILL_SECONDS = 150.0
"""Longer than the longest pauses of ours one after the other: between two polls, before a retry, and a lease."""
LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Left:
    """What is still to do: updates that the platform holds, and people's turns without an end among the `stored`.

    Once nobody writes any more each of them changes in one direction only, so a trial that moves comes to its end.
    """

    waiting: int
    stored: int
    open: int

    @property
    def done(self) -> bool:
        return self.waiting == 0 and self.open == 0

    def __str__(self) -> str:
        return f"{self.waiting} updates not taken, {self.open} of {self.stored} turns open"


async def settled(
    look: Callable[[], Awaitable[Left]],
    seconds: float = STILL_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> bool:
    """Wait until all is done; return `False` once nothing has moved for `seconds`.

    There is no limit in all: on a busy machine a bot that does all it promises may need minutes for what has piled up,
    and whoever then stopped waiting would count as lost what was only late.
    """
    last, since = await look(), clock()
    while not last.done:
        if clock() - since >= seconds:
            return False
        await pause(LOOK_SECONDS)
        found = await look()
        if found != last:
            last, since = found, clock()
    return True
