"""What the process lends to the pages. `bot.app` fills it in; a page that needs one more thing adds a field here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.admin.passwords import Passwords
from bot.admin.settings import AdminSettings
from bot.store.database import Database
from bot.store.staff.sessions import Sessions
from nlg.contract import Writer


@dataclass(frozen=True, slots=True)
class Desk:
    """`writers` are the models by name; `wake` tells the dispatcher that a conversation has something open."""

    database: Database
    settings: AdminSettings = field(default_factory=AdminSettings.load)
    passwords: Passwords = field(default_factory=Passwords)
    writers: Mapping[str, Writer] = field(default_factory=dict)
    wake: Callable[[], None] = lambda: None

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.database, self.settings.idle_minutes * 60, self.settings.hours * 3600)
