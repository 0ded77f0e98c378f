"""What a model was asked for the reply, and a list that a user keeps."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.reading import PromptRow, ViewRow
from bot.store.tables.staff import UserRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    asked = {"lines": json.dumps([["user", words]]), "decoding": json.dumps([["seed", 7]])}
    await put(connection, PromptRow, words, turn_id=int(found["turn"]), **asked, odds=json.dumps([[words, -0.1]]))
    user = (await connection.execute(select(UserRow.id).order_by(UserRow.id).limit(1))).scalar_one()
    found["view"] = await put(connection, ViewRow, words, user_id=user, query="language=en")
