"""Rich messages (Bot API 10.1): headings and tables, which entities cannot show.

The library stops at Bot API 10.0, so the method is called by its name. A server that does not know it, or refuses what
it got, is not asked again for a while, and the text goes out as usual.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from telegram import Bot
from telegram.error import BadRequest, EndPointNotFound, InvalidToken

from bot.messages import Part, Receipt
from connectors.telegram.places import Place
from connectors.telegram.rendering import unmasked
from connectors.telegram.thumbs import keyboard

log = structlog.get_logger()

METHOD = "sendRichMessage"
TABLE = re.compile(r"^\|.+\|[ \t]*\n\|[ \t:|-]+\|[ \t]*$", re.MULTILINE)
AGAIN = 3600.0
"""Seconds until a refused method is tried again: the server may have been renewed."""
UNKNOWN = (BadRequest, EndPointNotFound, InvalidToken)
"""The library takes a method that the server does not know for a bad token."""


class Rich:
    """Sends what has a table. `wanted`: the owner turned it on."""

    def __init__(self, bot: Bot, *, wanted: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._bot = bot
        self._wanted = wanted
        self._clock = clock
        self._not_before = float("-inf")

    async def send(self, place: Place, part: Part) -> Receipt | None:
        """Send it rich and return the receipt; `None` where plain text has to do. Raises `TelegramError`."""
        if not self._wanted or self._clock() < self._not_before or not TABLE.search(part.text):
            return None
        asked = {
            "chat_id": place.chat,
            "message_thread_id": place.thread,
            "business_connection_id": place.business,
            "rich_message": {"markdown": unmasked(part.text)},
            "reply_markup": keyboard(part),
        }
        try:
            answer = await self._bot.do_api_request(
                METHOD, api_kwargs={name: value for name, value in asked.items() if value is not None}
            )
        except UNKNOWN as error:
            self._not_before = self._clock() + AGAIN
            log.info("telegram: no rich messages there", error=str(error))
            return None
        return Receipt(str(answer["message_id"]))
