"""Takes one delivery to the inbox, and says whether Slack may be told that it arrived."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from bot.errors import StoreDown
from bot.interfaces import Inbox
from bot.messages import Event
from bot.untrusted import Unusable, read_object
from connectors.slack.commands import to_command, to_interaction
from connectors.slack.events import CHANNEL, Me, to_message

log = logging.getLogger(__name__)

COMMIT_WITHIN = 2.5
"""Seconds. Slack waits three; what is not committed by then is better delivered again."""

READERS: dict[str, Callable[[dict[str, Any], Me, float], Event]] = {
    "events_api": lambda payload, me, _: to_message(payload, me),
    "slash_commands": to_command,
    "interactive": to_interaction,
}
"""By the names that Socket Mode gives to its envelopes."""


class Intake:
    """`me` returns who we are; it is asked at every delivery, for `auth.test` may be answered late."""

    def __init__(self, inbox: Inbox, me: Callable[[], Me]) -> None:
        self._inbox = inbox
        self._me = me

    async def take(self, kind: str, body: bytes) -> bool:
        """Return true once the delivery is committed, false where it must be delivered again.

        What is authentic but unusable is kept as a reject and counts as taken: sent again it would be no better.
        """
        return await _committed(self._store(kind, body))

    async def reject(self, body: bytes, reason: str) -> bool:
        """Keep an unusable body. Returns like `take`."""
        return await _committed(self._inbox.reject(CHANNEL, body, reason))

    async def _store(self, kind: str, body: bytes) -> None:
        try:
            read = READERS.get(kind, to_interaction)
            event = read(read_object(body), self._me(), time.time())
        except Unusable as error:
            await self._inbox.reject(CHANNEL, body, str(error))
        else:
            await self._inbox.accept(event)


async def _committed(storing: Coroutine[Any, Any, object]) -> bool:
    try:
        async with asyncio.timeout(COMMIT_WITHIN):
            await storing
    except (StoreDown, TimeoutError) as error:
        log.warning("a delivery of Slack was not stored (%s); Slack sends it again", type(error).__name__)
        return False
    except Exception:
        log.exception("a delivery of Slack could not be stored; Slack sends it again")
        return False
    return True
