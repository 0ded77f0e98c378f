"""Connectors around connectors: what one does not do otherwise, the one inside does."""

from __future__ import annotations

from bot.interfaces import Connector, Inbox
from bot.messages import Address, Part, Receipt, Sign, TextLimit


class Wrapped:
    """Does all that the connector inside does."""

    def __init__(self, inside: Connector) -> None:
        self._inside = inside

    @property
    def name(self) -> str:
        return self._inside.name

    @property
    def limit(self) -> TextLimit:
        return self._inside.limit

    @property
    def listens(self) -> bool:
        return self._inside.listens

    async def receive(self, inbox: Inbox) -> None:
        await self._inside.receive(inbox)

    async def send(self, part: Part) -> Receipt:
        return await self._inside.send(part)

    async def show(self, address: Address, sign: Sign) -> None:
        await self._inside.show(address, sign)
