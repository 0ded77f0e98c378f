"""What the process lends to the pages. `bot.app` fills it in; a page that needs one more thing adds a field here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bot.admin.passwords import Passwords
from bot.admin.settings import AdminSettings
from bot.messages import Acceptance, Address
from bot.store.database import Database
from bot.store.staff.sessions import Sessions
from nlg.contract import Unreachable, Writer


async def no_writer(name: str) -> Writer:
    """Say that this process lends no models."""
    raise Unreachable(f"this process has no model {name}")


@dataclass(frozen=True, slots=True)
class Desk:
    """`writer` lends the model of a version, by its name (`bot.store.rollout.versions` lists them), or raises
    `Unreachable`; `wake` tells the dispatcher that a conversation has something open; `stop` stops the reply that is
    being written at an address; `pieces` cuts a text as a channel takes it.
    """

    database: Database
    settings: AdminSettings = field(default_factory=AdminSettings.load)
    passwords: Passwords = field(default_factory=Passwords)
    writer: Callable[[str], Awaitable[Writer]] = no_writer
    wake: Callable[[], None] = lambda: None
    stop: Callable[[Address, Acceptance], Awaitable[None]] = lambda address, acceptance: asyncio.sleep(0)  # noqa: ARG005
    pieces: Callable[[str, str], Sequence[str]] = lambda channel, text: [text]  # noqa: ARG005

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.database, self.settings.idle_minutes * 60, self.settings.hours * 3600)
