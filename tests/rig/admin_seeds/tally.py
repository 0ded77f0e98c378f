"""What was counted in an hour, and a version of each kind."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.tally import DayRow, HourRow
from tests.rig.admin_seeds import AT, Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    counted = {"channel": words, "version": words[:64], "times": "{}"}
    await put(connection, HourRow, words, hour=int(AT // 3600), **counted)
    await put(connection, DayRow, words, day=int(AT // 86400), **counted)
