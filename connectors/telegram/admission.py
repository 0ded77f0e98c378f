"""Who is let in: everybody, or those the owner names, and those who bring the code that the owner gave them."""

from __future__ import annotations

import hmac
from dataclasses import replace

from bot.interfaces import Inbox, Vault
from bot.messages import Acceptance, Event, Ignored, Kind, Message
from connectors.telegram.settings import TelegramSettings

LOCKED = "locked"
"""Stands in the place of what somebody said who is not let in: it gets a fixed sentence, its words are not kept."""


class Admission:
    """An inbox before the inbox. Without settings for it everybody is let in.

    People are known by their ids: a username can be given away. `vault` remembers who brought the code.
    """

    def __init__(self, inbox: Inbox, settings: TelegramSettings, vault: Vault | None) -> None:
        self._inbox = inbox
        self._people, self._groups = frozenset(settings.people), frozenset(settings.groups)
        self._code = settings.pairing_code.get_secret_value() if settings.pairing_code else ""
        self._vault = vault

    async def accept(self, event: Event) -> Acceptance:
        return await self._inbox.accept(await self._admitted(event))

    async def reject(self, channel: str, body: bytes, reason: str) -> None:
        await self._inbox.reject(channel, body, reason)

    def heard(self, channel: str, within: float) -> None:
        self._inbox.heard(channel, within)

    async def _admitted(self, event: Event) -> Event:
        """Return the event, or what takes its place."""
        if not isinstance(event, Message):
            return event
        if not event.private:
            admitted = not self._groups or event.address.chat in self._groups
            return event if admitted else _ignored(event, "group not let in")
        if not (self._people or self._code) or event.sender in self._people or await self._paired(event):
            return event
        return replace(event, kind=Kind.COMMAND, command=LOCKED, argument="", text="")

    async def _paired(self, event: Message) -> bool:
        if not self._code or self._vault is None:
            return False
        name = f"telegram:paired:{event.address.account}:{event.sender}"
        if event.command == "start" and hmac.compare_digest(event.argument.encode(), self._code.encode()):
            await self._vault.put(name, "yes")
            return True
        return await self._vault.get(name) is not None


def _ignored(event: Message, rule: str) -> Ignored:
    return Ignored(event.address.channel, event.address.account, event.key, rule)
