"""What is made of a reply: its prompt, a shadow's words, reviews, comparisons, and a data set that it is in."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables.reading import PromptRow
from bot.store.tables.reviews import ComparisonRow, DatasetRow, DatasetSourceRow, JudgementRow, MarkRow, ReviewRow
from bot.store.tables.rollout import AskingRow, ShadowRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    reply, here, reviewer = int(found["turn"]), int(found["conversation"]), int(found["user"])
    place = {"turn_id": reply, "conversation_id": here}
    await put(connection, PromptRow, words, turn_id=reply)
    await put(connection, AskingRow, words, **place)
    await put(connection, ShadowRow, words, **place)
    await put(connection, ReviewRow, words, **place, reviewer_id=reviewer, verdict="bad", tags='["wrong"]')
    await put(connection, MarkRow, words, conversation_id=here)
    pair = await put(connection, ComparisonRow, words, **place)
    await put(connection, JudgementRow, words, comparison_id=int(pair), reviewer_id=reviewer, choice="first")
    exported = await put(connection, DatasetRow, words, number=here)
    await put(connection, DatasetSourceRow, words, dataset_id=int(exported), conversation_id=here)
