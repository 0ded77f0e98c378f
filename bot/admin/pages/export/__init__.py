"""Data sets for the next model."""

from __future__ import annotations

from bot.admin.groups import Group, get, post
from bot.admin.pages.export.downloading import download
from bot.admin.pages.export.showing import export
from bot.admin.places import Place
from bot.staff import Role

GROUP = Group(
    [get("/export", export, Role.ADMIN), post("/export/file", download, Role.ADMIN)],
    Place("/export", "export.title", order=60, icon="M10 3.500v9M6.500 9l3.500 3.500L13.500 9M4 16.500h12", key="e"),
)
