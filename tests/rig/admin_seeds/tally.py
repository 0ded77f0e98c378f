"""What was counted in an hour, and a version of each kind."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.tally import HourRow
from tests.rig.admin_seeds import AT, Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    await put(connection, HourRow, words, hour=int(AT // 3600), channel=words, version=words[:64], times="{}")
