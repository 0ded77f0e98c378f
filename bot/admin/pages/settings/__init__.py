"""Settings that are kept in the database: for how long what is kept."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.settings.keeping import save_periods, settings
from bot.admin.places import Place
from bot.staff import Role

ICON = (
    "M4 6h6.500M14.500 6H16M4 14h1.500M9.500 14H16M12.500 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4z"
    "M7.500 12a2 2 0 1 1 0 4 2 2 0 0 1 0-4z"
)

GROUP = Group(
    [get("/settings", settings, Role.ADMIN), post("/settings", save_periods, Role.ADMIN)],
    Place("/settings", "settings.title", order=90, icon=ICON, key="s"),
)
