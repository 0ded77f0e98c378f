"""What is made of a reply: a shadow's words, reviews, comparisons, and a data set that it is in."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.reviews import ComparisonRow, DatasetRow, DatasetSourceRow, JudgementRow, MarkRow, ReviewRow
from bot.store.tables.rollout import AskingRow, ShadowRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    reply, here, reviewer = int(found["turn"]), int(found["conversation"]), int(found["user"])
    place = {"turn_id": reply, "conversation_id": here}
    await put(connection, AskingRow, words, **place)
    await put(connection, ShadowRow, words, **place)
    await put(connection, ReviewRow, words, **place, reviewer_id=reviewer, verdict="bad", tags=json.dumps([words]))
    await put(connection, MarkRow, words, conversation_id=here, assignee_id=reviewer)
    pair = await put(connection, ComparisonRow, words, **place)
    await put(connection, JudgementRow, words, comparison_id=int(pair), reviewer_id=reviewer, choice="first")
    found["comparison"] = pair
    digest = hashlib.sha256(words.encode()).hexdigest()
    exported = await put(connection, DatasetRow, words, digest=digest, number=here)
    await put(connection, DatasetSourceRow, words, dataset_id=int(exported), conversation_id=here)
