"""Which of two replies people chose: TRL's conversational `{"prompt": [...], "chosen": [...], "rejected": [...]}`.

Rejected is what a model wrote; chosen is a reviewer's correction of it, or the other of two models' replies. Rows of
corrections come first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.exports import Record, spread
from bot.prompting import messages_of
from bot.store.exporting import Judged, Selection, corrected, preferred

COLUMNS = (
    "dataset",
    "redaction",
    "id",
    "lang",
    "prompt",
    "chosen",
    "rejected",
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
    for source in (corrected, preferred):
        async for judged in source(connection, wanted):
            record = _record(judged)
            if record is not None:
                yield record


def lines(record: Record) -> Iterable[Record]:
    yield spread(record, ("prompt", "chosen", "rejected"))


def _record(judged: Judged) -> Record | None:
    """The row, unless no model wrote the reply, or both replies are the same."""
    prompt = messages_of(judged.turns, judged.asked)
    if not prompt or not judged.rejected or judged.rejected == judged.chosen:
        return None
    return {
        "id": judged.id,
        "lang": judged.heading.language,
        "prompt": prompt,
        "chosen": [{"role": "assistant", "content": judged.chosen}],
        "rejected": [{"role": "assistant", "content": judged.rejected}],
        "source": judged.source,
    }
