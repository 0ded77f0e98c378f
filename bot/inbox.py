"""The door: connectors put events here; what is committed wakes whoever answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.language import detect, of_locale
from bot.messages import Acceptance, Address, Event, Halt, Message
from bot.precedence import Precedence
from bot.store.accepting import Acceptor

LATER = 0.01
"""Seconds, so that what is due by the database's clock is due when we look."""


class StoringInbox:
    """The inbox of this process: stores, then wakes; `heard` is passed on to whoever watches the channels."""

    def __init__(
        self,
        acceptor: Acceptor,
        wake: Callable[[], None],
        stop: Callable[[Address, Acceptance], Awaitable[None]],
        heard: Callable[[str, float], None],
        precedence: Precedence,
    ) -> None:
        self._acceptor = acceptor
        self._wake = wake
        self._stop = stop
        self._heard = heard
        self._precedence = precedence

    async def accept(self, event: Event) -> Acceptance:
        """Return once the event is committed. Raises `StoreDown`."""
        with self._precedence.coming():
            acceptance = await self._acceptor.accept(event, _language(event))
        if acceptance.fresh:
            self._wake_when_due(acceptance.wait)
            if isinstance(event, Halt) or (isinstance(event, Message) and event.command == "stop"):
                await self._stop(event.address, acceptance)
        return acceptance

    def _wake_when_due(self, seconds: float) -> None:
        """Wake at once, and once more when the answer is due: nobody should wait for the next look at the database."""
        self._wake()
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds + LATER, self._wake)

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        """Keep a delivery that is authentic but cannot be used. Raises `StoreDown`."""
        await self._acceptor.reject(channel, body, reason)

    def heard(self, channel: str, within: float) -> None:
        self._heard(channel, within)


def _language(event: Event) -> str:
    """The language of the words themselves; for a command that of the person's app."""
    if not isinstance(event, Message):
        return ""
    return of_locale(event.language) if event.command else detect(event.text) or of_locale(event.language)
