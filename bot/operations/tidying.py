"""Removes what is older than the owner wants to keep it, and sessions, invitations and attempts that are over."""

from __future__ import annotations

import structlog

from bot.admin.settings import AdminSettings
from bot.store.database import Database
from bot.store.retention import Retention
from bot.store.staff.attempts import sweep_attempts
from bot.store.staff.invitations import sweep_invitations
from bot.store.staff.sessions import sweep_devices, sweep_sessions

log = structlog.get_logger()

LOOK = 1800.0
"""Seconds between two looks: the settings page promises an hour."""


class Tidier:
    """Tidies up; several processes may do it at once."""

    def __init__(self, database: Database, settings: AdminSettings) -> None:
        self._database = database
        self._settings = settings

    async def look(self) -> None:
        """Remove once what is over. Raises `StoreDown`."""
        removed = await Retention(self._database).apply()
        async with self._database.begin() as connection:
            await sweep_sessions(connection, self._settings.idle_minutes * 60, self._settings.hours * 3600)
            await sweep_devices(connection)
            await sweep_attempts(connection)
            await sweep_invitations(connection)
        if removed:
            log.info("removed what was too old", **{f"removed_{kind}": count for kind, count in removed.items()})
