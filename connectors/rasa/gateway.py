"""The connector: Rasa leads the conversation and asks; nothing is ever sent to it unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from bot.errors import Refused
from bot.interfaces import ASGIApp, Author, Inbox, Records
from bot.messages import Address, Part, Receipt, Sign, TextLimit
from connectors.rasa.asking import Desk
from connectors.rasa.nlg import Nlg
from connectors.rasa.replies import Replies
from connectors.rasa.settings import RasaSettings
from connectors.rasa.templates import Templates
from connectors.rasa.tracker import CHANNEL
from connectors.rasa.wire import Door, Guarded

NLG = "/rasa/nlg"
REPLY = "/rasa/reply"


class Rasa:
    """Serves the NLG server's path, and what the action server asks for. Raises `SettingsError` for a bad domain."""

    name = CHANNEL
    limit = TextLimit(20_000)
    listens = False

    def __init__(self, settings: RasaSettings) -> None:
        self._settings = settings
        self._templates = Templates.load(settings.domain)

    async def receive(self, inbox: Inbox) -> None:  # noqa: ARG002 - Rasa asks the endpoints
        await asyncio.Event().wait()

    async def send(self, part: Part) -> Receipt:  # noqa: ARG002 - as a connector is called
        raise Refused("Rasa leads these conversations; it takes no messages from others")

    async def show(self, address: Address, sign: Sign) -> None:
        """Rasa knows no signs of life."""

    def led_endpoints(self, author: Author, records: Records) -> Mapping[str, ASGIApp]:
        """Return the NLG server and the action server's endpoint."""
        door, desk = Door(self._settings), Desk(self._settings, author, records)
        nlg = Nlg(self._settings, self._templates, desk)
        return {NLG: Guarded(door, nlg.answer), REPLY: Guarded(door, Replies(desk).answer)}
