"""Whole conversations, with what reviewers think of the replies: what `nlg.data.schemas.transcript` reads.

Neither addresses nor people's ids are in it. A conversation of more than 500 turns is several rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.exports import Record
from bot.store.exporting import Heading, Selection, conversations, said

PLACE = ("dataset", "redaction", "conversation", "channel", "language")
TURN = ("id", "time", "role", "text", "draft", "model", "responder", "state", "verdict", "tags", "correction", "note")
COLUMNS = (*PLACE, *TURN)


async def records(connection: AsyncConnection, wanted: Selection) -> AsyncIterator[Record]:
    async for heading in conversations(connection, wanted):
        async for turns in said(connection, heading.id):
            yield _record(heading, turns)


def lines(record: Record) -> Iterable[Record]:
    for turn in record["turns"]:
        yield {**record, **turn, "tags": ", ".join(turn.get("tags", []))}


def _record(heading: Heading, turns: Sequence[Record]) -> Record:
    return {
        "conversation": str(heading.id),
        "channel": heading.channel,
        "language": heading.language,
        "turns": [{name: value for name, value in turn.items() if value not in ("", [])} for turn in turns],
    }
