"""The audit log: who looked at what, and who changed what."""

from __future__ import annotations

from bot.admin.groups import Group, get
from bot.admin.pages.audit.listing import audit
from bot.admin.places import Place
from bot.staff import Role

ICON = "M5 3.500h7l3 3v10H5zM12 3.500v3h3M7.500 10h5M7.500 13h5"

GROUP = Group([get("/audit", audit, Role.ADMIN)], Place("/audit", "audit.title", order=85, icon=ICON, key="l"))
