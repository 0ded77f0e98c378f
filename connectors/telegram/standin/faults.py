"""What may go wrong on demand."""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass

from connectors.telegram.standin.answers import Failed


@dataclass(frozen=True, slots=True)
class Fault:
    """One call goes wrong: answered late by `delay` seconds, with an error `status`, with a strange `body`, or by a
    closed connection (`drop`).

    With `done` the work is done all the same: the message is sent, but the caller does not hear of it.
    """

    status: int = 0
    retry_after: int = 0
    description: str = ""
    delay: float = 0.0
    body: bytes = b""
    drop: bool = False
    done: bool = False

    def failure(self) -> Failed | None:
        if not self.status:
            return None
        asked = {"retry_after": self.retry_after} if self.retry_after else {}
        return Failed(self.status, self.description or _DESCRIPTIONS.get(self.status, "Internal Server Error"), **asked)


_DESCRIPTIONS = {
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    429: "Too Many Requests: retry after a while",
    502: "Bad Gateway",
}


@dataclass(frozen=True, slots=True)
class Chance:
    """How often calls of some methods go wrong by themselves: each fault with how many of a hundred such calls."""

    faults: tuple[tuple[int, Fault], ...]
    methods: tuple[str, ...] = ("sendmessage", "editmessagetext")
    seed: int = 1

    def hundred(self, shuffle: random.Random) -> list[Fault]:
        """Return what becomes of the next hundred calls, in any order: so the shares are exact, also in a short run."""
        wrong = [fault for count, fault in self.faults for _ in range(count)]
        calls = wrong + [Fault()] * (100 - len(wrong))
        shuffle.shuffle(calls)
        return calls


class Faults:
    """The faults that are still to come, by method, and those that come by chance."""

    def __init__(self, chance: Chance | None = None) -> None:
        self.statuses: Counter[int] = Counter()
        """How many have come by chance, by status; 0 is a closed connection."""
        self._coming: dict[str, deque[Fault]] = defaultdict(deque)
        self._chance = chance or Chance(())
        self._random = random.Random(self._chance.seed)
        self._next: list[Fault] = []

    def add(self, method: str, fault: Fault, times: int) -> None:
        self._coming[method.lower()].extend([fault] * times)

    def next(self, method: str) -> Fault:
        coming = self._coming[method.lower()]
        return coming.popleft() if coming else self._by_chance(method.lower())

    def _by_chance(self, method: str) -> Fault:
        if method not in self._chance.methods:
            return Fault()
        self._next = self._next or self._chance.hundred(self._random)
        fault = self._next.pop()
        if fault != Fault():
            self.statuses[fault.status] += 1
        return fault


class Flood:
    """Telegram's limits for sending: 30 a second in all, 1 a second in a chat, 20 a minute in a group.

    Source: core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    """

    def __init__(self) -> None:
        self._sent: dict[int, deque[float]] = defaultdict(deque)

    def check(self, chat: int) -> None:
        """Count a message. Raises `Failed` where it is one too many."""
        now = time.monotonic()
        limits = [(0, 30, 1.0), (chat, 20, 60.0) if chat < 0 else (chat, 1, 1.0)]
        for lane, most, seconds in limits:
            times = self._sent[lane]
            while times and times[0] <= now - seconds:
                times.popleft()
            if len(times) >= most:
                wait = int(times[0] + seconds - now) + 1
                raise Failed(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        for lane, _, _ in limits:
            self._sent[lane].append(now)
