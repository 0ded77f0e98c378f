"""How long to wait before trying again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TypeVar

import structlog
from telegram.error import BadRequest, InvalidToken, RetryAfter

from bot.errors import StoreDown

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds: one long poll, the first and the longest pause, the longest one while only our database is
    away, and the pause while our token is refused.
    """

    poll: int = 25
    first: float = 1.0
    longest: float = 60.0
    store: float = 5.0
    probe: float = 20.0

    def pause(self, error: Exception, failures: int) -> float:
        """Return a random pause that grows with the failures in a row, or what Telegram asked for and a little more."""
        if isinstance(error, RetryAfter):
            return seconds_asked(error) + random.uniform(0.0, self.first)
        if isinstance(error, InvalidToken):
            return self.longest
        longest = self.store if isinstance(error, StoreDown) else self.longest
        return random.uniform(0.1, 1.0) * min(longest, self.first * 2.0 ** min(failures, 16))


def seconds_asked(error: RetryAfter) -> float:
    """Return the pause that Telegram asks for. The library is about to change the type of this attribute."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


async def persist(call: Callable[[], Awaitable[T]], pace: Pace) -> T:
    """Call until Telegram answers. Raises `InvalidToken` and `BadRequest`: those answers will not change."""
    for failures in count():
        try:
            return await call()
        except (InvalidToken, BadRequest):
            raise
        except Exception as error:
            log.warning("telegram: cannot be reached, trying again", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(pace.pause(error, failures))
    raise AssertionError("unreachable")
