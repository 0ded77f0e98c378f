"""What a model was asked for the reply."""

from __future__ import annotations

import json

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.reading import PromptRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    asked = {"lines": json.dumps([["user", words]]), "decoding": json.dumps([["seed", 7]])}
    await put(connection, PromptRow, words, turn_id=int(found["turn"]), **asked, odds=json.dumps([[words, -0.1]]))
