"""What can be exported: a file here is a kind of data set, and its name is the name to use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.prompting import written
from bot.store.exporting import Selection

Record: TypeAlias = Mapping[str, Any]
"""One row as JSON has it."""


def spread(record: Record, messages: Sequence[str]) -> Record:
    """Return a row as one line of a table: its source beside it, and these lists of messages as text."""
    texts = {name: written(record[name]) for name in messages}
    return {**record, **record["source"], "id": record["id"], **texts}


class Kind(Protocol):
    """A plugin in this folder. Rows come in the order of their ids, so that the same content gives the same file."""

    COLUMNS: Sequence[str]
    """Of a table; each is a field of a row, or of what `lines` makes of it."""

    def records(self, connection: AsyncConnection, wanted: Selection) -> AsyncIterator[Record]:
        """Yield the rows, a page of them in memory at a time."""
        ...

    def lines(self, record: Record) -> Iterable[Record]:
        """Yield the lines of a table that a row becomes."""
        ...
