"""Turns at a platform: what is slow, and what somebody else is told, counts for whoever waits already."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.errors import NotSent
from bot.flood import Governor
from bot.messages import Lane
from bot.store.database import Database
from bot.store.lanes import Lanes

CHAT = Lane("chat", 1, 0.4)


@pytest.fixture
def one(database: Database) -> Governor:
    return Governor(Lanes(database))


@pytest.fixture
def other(database: Database) -> Governor:
    return Governor(Lanes(database))


def call(times: list[float], seconds: float = 0.0, error: Exception | None = None) -> Callable[[], Awaitable[None]]:
    """Return what takes so long to arrive, notes when it did, and then says no where it should."""

    async def called() -> None:
        await asyncio.sleep(seconds)
        times.append(asyncio.get_running_loop().time())
        if error is not None:
            raise error

    return called


async def test_after_a_slow_call_the_whole_time_is_waited_once_more(one: Governor, other: Governor) -> None:
    times: list[float] = []
    slow = asyncio.create_task(one.send([CHAT], call(times, seconds=0.6)))
    await asyncio.sleep(0.7)
    await asyncio.gather(slow, other.send([CHAT], call(times)))
    first, second = times
    assert second - first >= CHAT.seconds


async def test_a_pause_holds_for_who_waits_for_a_turn_already(one: Governor, other: Governor) -> None:
    times: list[float] = []
    refused = asyncio.create_task(one.send([CHAT], call(times, seconds=0.2, error=NotSent("429", after=1.5))))
    await asyncio.sleep(0.05)
    await other.send([CHAT], call(times))
    with pytest.raises(NotSent):
        await refused
    first, second = times
    assert second - first >= 1.4
