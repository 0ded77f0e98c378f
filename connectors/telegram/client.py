"""Our client of the Bot API: python-telegram-bot's `Bot` and types, not its receiver, which acknowledges too early."""

from __future__ import annotations

import json
import logging
import os
from typing import Any, cast
from urllib.parse import urlencode

from telegram import Bot
from telegram.request import HTTPXRequest

from connectors.telegram.listening import Me
from connectors.telegram.settings import TelegramSettings
from connectors.telegram.updates import ASKED_FOR

CONNECT, WRITE, READ, POOL = 3.0, 3.0, 8.0, 1.0
"""Seconds. Together less than the ten that one sending may take."""
POLL_GRACE = 10.0
CONNECTIONS = 64


class Client:
    """One bot, with a connection of its own for long polls."""

    def __init__(self, settings: TelegramSettings) -> None:
        quiet()
        self._polls = _request(1)
        self._calls = _request(CONNECTIONS)
        self.bot = Bot(
            settings.bot_token,
            base_url=f"{settings.api_base}/bot",
            request=self._calls,
            get_updates_request=self._polls,
        )

    async def me(self) -> Me:
        """Ask who we are. Raises `TelegramError`."""
        user = await self.bot.get_me()
        return Me(user.id, user.username or "")

    async def updates(self, offset: int | None, seconds: int) -> list[dict[str, Any]]:
        """Return the raw updates from `offset` on, after `seconds` at most. Raises `TelegramError`.

        `Bot.get_updates` parses all of them at once: a single one that it cannot read would block the rest for ever.
        """
        query: dict[str, Any] = {"timeout": seconds, "allowed_updates": json.dumps(ASKED_FOR)}
        if offset is not None:
            query["offset"] = offset
        url = f"{self.bot.base_url}/getUpdates?{urlencode(query)}"
        return cast("list[dict[str, Any]]", await self._polls.post(url, read_timeout=seconds + POLL_GRACE))

    async def open(self) -> None:
        """Make closed connections usable again."""
        await self._polls.initialize()
        await self._calls.initialize()

    async def close(self) -> None:
        await self._polls.shutdown()
        await self._calls.shutdown()


def quiet() -> None:
    """Keep the token out of logs: it is part of every URL, and these loggers write URLs."""
    for name, least in (("httpx", logging.WARNING), ("httpcore", logging.INFO), ("telegram", logging.INFO)):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, least))
    # Without it the library warns, on every 429, that a type is going to change; we read both types.
    os.environ.setdefault("PTB_TIMEDELTA", "true")


def _request(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=CONNECT,
        write_timeout=WRITE,
        read_timeout=READ,
        pool_timeout=POOL,
    )
