"""Receives by long polling. The offset moves only over updates that are committed."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import structlog
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.errors import StoreDown
from bot.interfaces import Inbox
from connectors.telegram.client import Client
from connectors.telegram.courtesy import Courtesy
from connectors.telegram.intake import take
from connectors.telegram.listening import Me
from connectors.telegram.pacing import Pace, persist
from connectors.telegram.places import CHANNEL

log = structlog.get_logger()

HEARD_WITHIN = 50.0
"""Seconds. A poll takes half of it; who is silent for longer is deaf, and shown as that within a minute."""
REMEDIES = {
    Conflict: "another process polls with this token, or a webhook was set: stop one of the two",
    InvalidToken: "the token was revoked: put the new one in PALAVER_TELEGRAM_TOKEN and start again",
    StoreDown: "the database is away: nothing is acknowledged, Telegram keeps the updates",
}


class Polling:
    """Asks for updates until cancelled."""

    def __init__(self, client: Client, inbox: Inbox, me: Me, courtesy: Courtesy, pace: Pace) -> None:
        self._client = client
        self._courtesy = courtesy
        self._inbox = inbox
        self._me = me
        self._pace = pace
        self._offset: int | None = None

    async def prepare(self) -> None:
        """Take away a webhook, with which polling is refused. What waits there stays. Raises `TelegramError`."""
        await persist(lambda: self._client.bot.delete_webhook(drop_pending_updates=False), self._pace)

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self._poll()
                failures = 0
            except Exception as error:
                # Whatever happened, receiving goes on.
                pause = self._pace.pause(error, failures)
                remedy = next((what for kind, what in REMEDIES.items() if isinstance(error, kind)), "")
                log.warning("telegram: polling failed", error=_name(error), remedy=remedy, pause=round(pause, 1))
                failures += 1
                await self._heal(error)
                await asyncio.sleep(pause)

    async def _heal(self, error: Exception) -> None:
        """A webhook that somebody has set meanwhile is taken away. Another poller can only be waited out."""
        if isinstance(error, Conflict) and "webhook" in error.message:
            with suppress(TelegramError):
                await self._client.bot.delete_webhook(drop_pending_updates=False)

    async def _poll(self) -> None:
        updates = await self._client.updates(self._offset, self._pace.poll)
        self._inbox.heard(CHANNEL, HEARD_WITHIN)
        if not updates:
            # All is confirmed. After a quiet week Telegram begins again at a random, perhaps lower number.
            self._offset = None
        for update in updates:
            await self._take(update)

    async def _take(self, update: dict[str, Any]) -> None:
        await take(self._inbox, self._me, json.dumps(update).encode(), self._courtesy)
        self._offset = int(update["update_id"]) + 1


def _name(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
