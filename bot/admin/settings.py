"""What the owner may say about the admin pages."""

from __future__ import annotations

from pydantic import Field

from bot.settings import Section


class AdminSettings(Section, table="admin", env_prefix="PALAVER_ADMIN_", env_ignore_empty=True):
    """`url` is where people reach this server, for invitation links, such as `https://bot.example`."""

    enabled: bool = True
    url: str = ""
    idle_minutes: float = Field(30.0, gt=0)
    hours: float = Field(12.0, gt=0)
