"""Shows that a reply is being written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import RetryAfter

from bot.messages import Address
from connectors.telegram.pacing import seconds_asked
from connectors.telegram.places import Place, place_of

log = structlog.get_logger()

EVERY = 4.0
"""Seconds. Telegram takes "typing" back after five."""
DEADLINE = 5.0
MOST = 10_000
"""Addresses remembered at most."""


class Typing:
    """Says "typing", at most once in `EVERY` seconds at an address. What goes wrong is nobody's concern."""

    def __init__(self, bot: Bot, clock: Callable[[], float] = time.monotonic) -> None:
        self._bot = bot
        self._clock = clock
        self._not_before: dict[Address, float] = {}

    async def show(self, address: Address) -> None:
        """Show it, unless it is shown already. Never raises."""
        now = self._clock()
        if now < self._not_before.get(address, now):
            return
        self._remember(address, now)
        try:
            async with asyncio.timeout(DEADLINE):
                await self._type(place_of(address))
        except RetryAfter as error:
            self._not_before[address] = now + seconds_asked(error)
        except Exception as error:
            # A sign of life is never worth an error.
            log.debug("telegram: typing not shown", error=type(error).__name__)

    async def _type(self, place: Place) -> None:
        if not place.inline:  # where we are no member nothing shows that we write; the stub does
            await self._bot.send_chat_action(
                place.chat,
                ChatAction.TYPING,
                message_thread_id=place.thread,
                business_connection_id=place.business,
            )

    def _remember(self, address: Address, now: float) -> None:
        if len(self._not_before) >= MOST:
            self._not_before = {known: until for known, until in self._not_before.items() if until > now}
        self._not_before[address] = now + EVERY
