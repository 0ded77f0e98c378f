"""Versions that may be moved, one of them a canary, and changes of the history."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.rollout import StagingRow, VersionRow
from bot.versions import Stage
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    found["version"] = "service-2"
    earlier = update(VersionRow).where(VersionRow.stage == Stage.PRODUCTION)
    await connection.execute(earlier.values(stage=Stage.RETIRED))  # one is in production at a time
    await put(connection, VersionRow, words, stage=Stage.PRODUCTION, share=0.0, figures="{}")
    await put(connection, VersionRow, words, name="service-2", stage=Stage.CANARY, share=0.1, figures="{}")
    for now in (Stage.CANDIDATE, Stage.CANARY):
        await put(connection, StagingRow, words, version="service-2", was="", now=now, share=0.1, detail="{}")
