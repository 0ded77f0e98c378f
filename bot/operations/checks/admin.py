"""Can the team sign in to the admin pages?"""

from __future__ import annotations

from pathlib import Path

from bot.admin import lacking
from bot.admin.settings import AdminSettings
from bot.findings import Finding, ok, warn
from bot.store.database import StoreSettings, database_url, open_database
from bot.store.revisions import current, newest
from bot.store.staff.users import Users

SUBJECT = "admin"
NOBODY = "Nobody can sign in to /admin yet. `palaver admin create` makes the first user."


async def examine() -> list[Finding]:
    """Raises `StoreDown` for a database that is away, `SettingsError`."""
    if not AdminSettings.load().enabled:
        return [ok(SUBJECT, "The admin pages are turned off.")]
    if missing := lacking():
        return [warn(SUBJECT, f"No admin pages: {', '.join(missing)} not installed.", "pip install 'palaver[admin]'")]
    if _not_made_yet():
        return [ok(SUBJECT, NOBODY)]
    database = open_database(StoreSettings.load())
    try:
        if await current(database) != newest():
            return [ok(SUBJECT, "The admin pages will be there after the next start.")]
        count = await Users(database).count()
    finally:
        await database.close()
    if not count:
        return [ok(SUBJECT, NOBODY)]
    return [ok(SUBJECT, f"/admin is open to {count} {'user' if count == 1 else 'users'}.")]


def _not_made_yet() -> bool:
    """Opening an SQLite file would make it."""
    url = database_url(StoreSettings.load().url)
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()
