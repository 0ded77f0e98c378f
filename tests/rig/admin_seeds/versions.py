"""A version that may be moved, and one change of the history."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.rollout import AskingRow, ShadowRow, StagingRow, VersionRow
from bot.versions import Stage
from tests.rig.admin_seeds import AT, Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    found["version"] = "service-2"
    await put(connection, VersionRow, words, name="service-2", stage=Stage.SHADOW, share=0.0, figures="{}")
    await put(connection, StagingRow, words, was="", now=Stage.SHADOW, share=0.0, detail="{}")
    beside = {"turn_id": int(found["turn"]), "conversation_id": int(found["conversation"])}
    await put(connection, AskingRow, words, **beside, version="service-2", at=AT)
    await put(connection, ShadowRow, words, **beside, version="service-2")
