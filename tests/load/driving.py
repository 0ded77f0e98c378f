"""Webhooks at their time, whether or not earlier ones were answered, as platforms send them.

A wait is counted from the moment at which a webhook was due, so that a server that stands still is seen by everybody
who writes meanwhile, and not by one client that waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from tests.benchmarks.load import taken

LINES = 40
"""Connections kept to each process: as many as Telegram opens."""
ANSWER_SECONDS = 30.0

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Due after `at` seconds. `wire` makes the request in that moment, for a signature is not good for long."""

    at: float
    wire: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """`due` seconds after the beginning; it came `seconds` later. `taken`: it was 2xx."""

    due: float
    seconds: float
    taken: bool


class Lines:
    """Connections to one process, opened when they are first needed and kept."""

    def __init__(self, port: int, most: int = LINES) -> None:
        self._port = port
        self._idle: asyncio.LifoQueue[Line | None] = asyncio.LifoQueue()
        for _ in range(most):
            self._idle.put_nowait(None)

    async def post(self, wire: bytes) -> bool:
        """Return whether the answer was 2xx. No answer is none.

        A kept connection that the server has closed meanwhile says nothing about the server: a new one is tried.
        """
        line = await self._idle.get()
        kept = line is not None and not line[0].at_eof()
        line, good = await self._ask(line if kept else _closed(line), wire)
        if kept and line is None:
            line, good = await self._ask(None, wire)
        self._idle.put_nowait(line)
        return good

    async def _ask(self, line: Line | None, wire: bytes) -> tuple[Line | None, bool]:
        """Return the connection, `None` where it broke, and whether the answer was 2xx."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                line = line or await asyncio.open_connection("127.0.0.1", self._port)
                line[1].write(wire)
                return line, await taken(line[0])
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return _closed(line), False

    def close(self) -> None:
        while not self._idle.empty():
            _closed(self._idle.get_nowait())


def _closed(line: Line | None) -> None:
    """Close a connection; what is left of it is `None`."""
    if line is not None:
        line[1].transport.abort()


async def drive(ports: Sequence[int], webhooks: Iterable[Webhook]) -> list[Answer]:
    """Post everything at its time, to each process in turn, and return the answers in the order they were due."""
    lines, loop = [Lines(port) for port in ports], asyncio.get_running_loop()
    began = loop.time()

    async def post(number: int, webhook: Webhook) -> Answer:
        good = await lines[number % len(lines)].post(webhook.wire())
        return Answer(webhook.at, loop.time() - began - webhook.at, good)

    posted: list[asyncio.Task[Answer]] = []
    for number, webhook in enumerate(webhooks):
        await asyncio.sleep(began + webhook.at - loop.time())
        posted.append(asyncio.create_task(post(number, webhook)))
    answers = [await task for task in posted]
    for line in lines:
        line.close()
    return answers


def milliseconds(seconds: Sequence[float], percent: int) -> float:
    """Return what so many percent did not exceed, in milliseconds; 0 of nothing."""
    if len(seconds) < 2:
        return 1000 * sum(seconds)
    return 1000 * (max(seconds) if percent == 100 else quantiles(seconds, n=100, method="inclusive")[percent - 1])
