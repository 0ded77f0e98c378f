"""How the bot does: how much, how well, how fast, by day, channel and version."""

from __future__ import annotations

from bot.admin.groups import Group, get
from bot.admin.pages.dashboard.showing import dashboard
from bot.admin.places import Place
from bot.staff import Role

ICON = "M3.500 16.500h13M5.500 16.500v-6M10 16.500v-12M14.500 16.500v-8"

GROUP = Group(
    [get("/dashboard", dashboard, Role.VIEWER)], Place("/dashboard", "dashboard.title", order=40, icon=ICON, key="d")
)
