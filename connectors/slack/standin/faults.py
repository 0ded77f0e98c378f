"""What can be wrong with one call of the Web API."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict, deque
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Fault:
    """One failing call. With `accepted` the call does its work before its answer goes wrong."""

    error: str = ""
    status: int = 200
    retry_after: int | None = None
    body: str | None = None
    accepted: bool = False
    dropped: bool = False
    """The connection is cut instead of an answer."""
    silent: float = 0.0
    """Seconds before the answer."""

    async def answer(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.silent)
        if self.dropped and request.transport is not None:
            request.transport.abort()
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.body is not None:
            return web.Response(status=self.status, text=self.body, headers=headers, content_type="text/html")
        return web.json_response({"ok": False, "error": self.error}, status=self.status, headers=headers)


@dataclass(frozen=True, slots=True)
class Chance:
    """How often calls that write go wrong by themselves: each fault with how many of a hundred such calls."""

    faults: tuple[tuple[int, Fault], ...] = ()
    seed: int = 1

    def hundred(self, shuffle: random.Random) -> list[Fault | None]:
        """Return what becomes of the next hundred calls, in any order: so the shares are exact, also in a short run."""
        wrong: list[Fault | None] = [fault for count, fault in self.faults for _ in range(count)]
        calls = wrong + [None] * (100 - len(wrong))
        shuffle.shuffle(calls)
        return calls


WRITING = ("chat.postMessage", "chat.update", "chat.startStream", "chat.appendStream", "chat.stopStream")


class Faults:
    """The faults that wait, by method, first in first out, and those that come by chance."""

    def __init__(self, chance: Chance | None = None) -> None:
        self.statuses: Counter[int] = Counter()
        """How many have come by chance, by status; 0 is a connection that was cut."""
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._chance = chance or Chance()
        self._random = random.Random(self._chance.seed)
        self._next: list[Fault | None] = []

    def add(self, method: str, fault: Fault, times: int) -> None:
        self._waiting[method].extend([fault] * times)

    def next(self, method: str) -> Fault | None:
        return self._waiting[method].popleft() if self._waiting[method] else self._by_chance(method)

    def _by_chance(self, method: str) -> Fault | None:
        if method not in WRITING:
            return None
        self._next = self._next or self._chance.hundred(self._random)
        fault = self._next.pop()
        if fault is not None:
            self.statuses[0 if fault.dropped else fault.status] += 1
        return fault
