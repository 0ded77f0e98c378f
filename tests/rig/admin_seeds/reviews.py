"""A review of the reply, whose the conversation is, two replies to choose from, and a version of a data set."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.reviews import ComparisonRow, DatasetRow, JudgementRow, MarkRow, ReviewRow
from bot.store.tables.staff import UserRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    user = (await connection.execute(select(UserRow.id).order_by(UserRow.id).limit(1))).scalar_one()
    of_turn = {"conversation_id": int(found["conversation"]), "turn_id": int(found["turn"])}
    said = {"verdict": "bad", "tags": json.dumps([words]), "reviewed": True, "reviewer_id": user}
    await put(connection, ReviewRow, words, **of_turn, **said)
    await put(connection, MarkRow, words, conversation_id=int(found["conversation"]), assignee_id=user, flagged=True)
    found["comparison"] = await put(connection, ComparisonRow, words, **of_turn)
    judged = {"comparison_id": int(found["comparison"]), "reviewer_id": user, "choice": "first"}
    await put(connection, JudgementRow, words, **judged)
    digest = hashlib.sha256(words.encode()).hexdigest()
    await put(connection, DatasetRow, words, digest=digest, number=int(found["comparison"]))
