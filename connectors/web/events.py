"""The hub: tells the open pages of this process that there is news in their conversation.

Only a shortcut. Pages also look into the transcript by themselves, so that a reply given by another process is seen.
Signs of life (typing, the text so far) are seen only by pages that are open in the process that writes the reply.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.messages import Address, Sign

MOST_OF_ONE = 4
"""Open pages of one conversation. Browsers open six connections to a host at most, and sending needs one, too."""
MOST_OF_ALL = 500
STALE = 10.0
"""Seconds after which a sign of life means nothing; they are renewed every four."""
HURRY = 2.0
"""Seconds after a sending within which its commit is looked for eagerly."""


class Full(Exception):
    """This process has as many open pages as it can serve."""


class Listener:
    """One open page. It ends when another page took its place, or when the process stops and nothing is being said."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._news = asyncio.Event()
        self._sign: Sign | None = None
        self._signed_at = self._sent_at = float("-inf")
        self._called = self._stopping = False
        self.replaced = False

    @property
    def over(self) -> bool:
        return self.replaced or (self._stopping and self._clock() > max(self._signed_at + STALE, self._sent_at + HURRY))

    @property
    def hurried(self) -> bool:
        """Whether a reply was sent a moment ago and has not been seen yet."""
        return self._clock() < self._sent_at + HURRY

    def show(self, sign: Sign) -> None:
        self._sign, self._signed_at = sign, self._clock()
        self._news.set()

    def call(self) -> None:
        """Something was stored: look into the transcript now."""
        self._called = True
        self._news.set()

    def sent(self) -> None:
        self._sent_at = self._clock()
        self.call()

    def called(self) -> bool:
        """Whether `call` came since this was asked last."""
        called, self._called = self._called, False
        return called

    def seen(self) -> None:
        """Say that a reply was seen: no need to hurry, and the signs before it are void."""
        self._sign = None
        self._signed_at = self._sent_at = float("-inf")

    def stop(self, *, replaced: bool = False, now: bool = False) -> None:
        """End when nothing is being said any more, or `now`."""
        self._stopping = True
        self.replaced = self.replaced or replaced
        if now:
            self.seen()
        self._news.set()

    def take(self) -> Sign | None:
        """Return the newest sign, once."""
        sign, self._sign = self._sign, None
        return sign

    async def wait(self, seconds: float) -> None:
        """Return when there is news, or after so many seconds."""
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()


class Hub:
    """All open pages of this process. The newest page of a conversation always gets in; the oldest gives way."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._listeners: defaultdict[Address, list[Listener]] = defaultdict(list)
        self._signs: dict[Address, tuple[Sign, float]] = {}
        self._closed = False

    @property
    def open(self) -> int:
        """How many pages are open."""
        return sum(map(len, self._listeners.values()))

    @contextmanager
    def listen(self, address: Address) -> Iterator[Listener]:
        """Take a page in until the block ends. Raises `Full`."""
        if self._closed or self.open >= MOST_OF_ALL:
            raise Full
        self._drop_stale()
        listener = Listener(self._clock)
        mine = self._listeners[address]
        mine.append(listener)
        if address in self._signs:
            listener.show(self._signs[address][0])
        for oldest in mine[:-MOST_OF_ONE]:
            oldest.stop(replaced=True)
        try:
            yield listener
        finally:
            mine.remove(listener)
            if not mine and self._listeners.get(address) is mine:
                del self._listeners[address]

    def show(self, address: Address, sign: Sign) -> None:
        """Show it to the open pages, and to one that opens in the next seconds: the first message opens the stream."""
        self._signs.pop(address, None)
        self._signs[address] = (sign, self._clock())
        self._drop_stale()
        for listener in self._listeners.get(address, ()):
            listener.show(sign)

    def stored(self, address: Address) -> None:
        """A message of the person is in the transcript."""
        for listener in self._listeners.get(address, ()):
            listener.call()

    def sent(self, address: Address) -> None:
        """A reply will be in the transcript in a moment."""
        self._signs.pop(address, None)
        for listener in self._listeners.get(address, ()):
            listener.sent()

    def close(self) -> None:
        """Take no more pages in, and let those go that wait for nothing."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.stop()

    def _drop_stale(self) -> None:
        """Forget the signs that no reply followed. They lie in the order of their age."""
        while self._signs:
            oldest = next(iter(self._signs))
            if self._signs[oldest][1] + STALE > self._clock():
                return
            del self._signs[oldest]
