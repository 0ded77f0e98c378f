"""The connector itself: joins the pieces. (A module named `connector` would hide the function of that name.)"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.interfaces import ASGIApp, Inbox, Transcript
from bot.messages import Address, Part, Receipt, Sign, TextLimit
from connectors.web.endpoints import Chat
from connectors.web.events import Hub
from connectors.web.files import page_app
from connectors.web.sessions import CHANNEL, Sessions
from connectors.web.settings import WebSettings
from connectors.web.stream import Pace


class Web:
    """Web chat. The stored transcript is the delivery; sending only tells open pages to look."""

    name = CHANNEL
    limit = TextLimit(20_000)
    listens = False

    def __init__(self, settings: WebSettings, pace: Pace | None = None) -> None:
        self._settings = settings
        self._pace = pace or Pace()
        self._hub = Hub()

    async def receive(self, inbox: Inbox) -> None:  # noqa: ARG002 - pages post to the endpoints
        """Wait until the bot stops; then let the pages go, so that they find another process or the next one."""
        try:
            await asyncio.Event().wait()
        finally:
            self._hub.close()

    async def send(self, part: Part) -> Receipt:
        self._hub.sent(part.address)
        return Receipt(part.send_key)

    async def show(self, address: Address, sign: Sign) -> None:
        self._hub.show(address, sign)

    def endpoints(self, inbox: Inbox, transcript: Transcript) -> Mapping[str, ASGIApp]:
        """Return the page at `/` and what it asks for below `/chat/`."""
        chat = Chat(
            inbox, transcript, self._hub, Sessions(self._settings.days), self._pace, thumbs=self._settings.thumbs
        )
        return {"/": page_app(self._settings), "/chat/": chat.app()}
