"""What reviewers would have said, as supervised pairs in the conversational form of TRL.

`{"prompt": [...], "completion": [...]}`, both messages with a role and a content.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.exports import Record, spread
from bot.prompting import messages_of
from bot.store.exporting import Selection, corrected

COLUMNS = (
    "dataset",
    "redaction",
    "id",
    "lang",
    "prompt",
    "completion",
    "conversation",
    "turn",
    "channel",
    "model",
    "responder",
    "by",
    "reviewer",
    "time",
)


async def records(connection: AsyncConnection, wanted: Selection) -> AsyncIterator[Record]:
    async for judged in corrected(connection, wanted):
        prompt = messages_of(judged.turns, judged.asked)
        if prompt:
            completion = [{"role": "assistant", "content": judged.chosen}]
            yield {
                "id": judged.id,
                "lang": judged.heading.language,
                "prompt": prompt,
                "completion": completion,
                "source": judged.source,
            }


def lines(record: Record) -> Iterable[Record]:
    yield spread(record, ("prompt", "completion"))
