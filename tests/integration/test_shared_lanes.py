"""Two processes serve one bot: together they keep to Telegram's limits, and a pause that one is told holds for both."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from bot.store.database import Database
from connectors.telegram.standin import Fault, StandIn

ROOT = Path(__file__).parents[2]
PAUSE = 3


class Sender:
    """A process of its own; see `tests.rig.sender`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, environment: dict[str, str]) -> Sender:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.rig.sender",
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        sender = cls(process)
        assert await sender._line() == b"ready\n"
        return sender

    async def send(self, *messages: Sequence[str]) -> list[float | str]:
        """Return for each message when it went out, in monotonic seconds, or why it did not."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(messages).encode() + b"\n")
        return list(json.loads(await self._line()))

    async def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        return await self._process.stdout.readline()


@pytest.fixture
async def telegram() -> AsyncIterator[StandIn]:
    async with StandIn() as standin:
        yield standin


@pytest.fixture
async def senders(database: Database, database_url: str, telegram: StandIn) -> AsyncIterator[list[Sender]]:
    """Two, with one database."""
    environment = {**telegram.environment, "PALAVER_DATABASE_URL": database_url}
    both = await asyncio.gather(*(Sender.start(environment) for _ in range(2)))
    yield both
    await asyncio.gather(*(sender.end() for sender in both))


def went_out(each: Sequence[Sequence[float | str]]) -> list[float]:
    return sorted(at for outcomes in each for at in outcomes if isinstance(at, float))


async def test_both_together_send_no_more_than_one_may(senders: list[Sender], telegram: StandIn) -> None:
    chats = [str(5000 + number) for number in range(60)]
    for chat in chats:
        await telegram.say("Hi", chat=int(chat))
    sent = await asyncio.gather(
        *(sender.send(*((chat, "Hello") for chat in chats[half::2])) for half, sender in enumerate(senders))
    )
    times = went_out(sent)
    assert len(times) > 30
    assert all(later - earlier > 1.0 for earlier, later in zip(times, times[30:], strict=False))


async def test_both_write_to_one_chat_once_a_second(senders: list[Sender], telegram: StandIn) -> None:
    await telegram.say("Hi", chat=4000)
    times = went_out(await asyncio.gather(*(sender.send(("4000", "one"), ("4000", "two")) for sender in senders)))
    assert len(times) == 4
    assert all(later - earlier > 0.95 for earlier, later in pairwise(times))


async def test_a_pause_that_one_is_told_holds_for_the_other_in_that_chat_only(
    senders: list[Sender], telegram: StandIn
) -> None:
    for chat in (4000, 4001):
        await telegram.say("Hi", chat=chat)
    telegram.fault("sendMessage", Fault(status=429, retry_after=PAUSE))
    one, other = senders
    (refusal,) = await one.send(("4000", "refused"))
    assert str(refusal).startswith("NotSent")
    waited, at_once = await other.send(("4000", "waits"), ("4001", "does not"))
    calls = telegram.called("sendMessage")
    assert [call.status for call in calls] == [429, 200, 200]
    assert float(waited) - calls[0].at > PAUSE - 0.2
    assert float(at_once) < float(waited)
