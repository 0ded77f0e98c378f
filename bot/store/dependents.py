"""Which rows of other tables hold words of certain turns. Nobody has to be told of a new table.

A table that refers to turns goes with them, row by row, and so do the tables that refer to it. Whoever wants rows to
stay says in the table's `info` which columns hold words and what stands there without them: `{"words": {"note": ""}}`
has that column emptied and the row kept, `{"words": {}}` (`WORDLESS`) says that there are none. A table that refers to
conversations and not to turns is treated alike when a conversation is erased.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Select, Table, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.revisions import metadata
from bot.store.tables import ConversationRow, TurnRow

WORDS = "words"
Ids = Select[Any]


@dataclass(frozen=True, slots=True)
class Dependents:
    """Some rows of a table, and what their columns with words become; `None` removes the rows."""

    table: Table
    where: ColumnElement[bool]
    emptied: Mapping[str, str] | None = None


async def wipe(connection: AsyncConnection, turns: Ids, conversations: Ids) -> dict[str, int]:
    """Remove what refers to these turns, and what holds words of these conversations; return how many rows by table.

    Runs inside the caller's transaction. The turns and conversations themselves stay as they are.
    """
    found = metadata()
    counts: dict[str, int] = {}
    every = [
        *_of(found, TurnRow.__table__.c.id, turns),
        *_of(found, ConversationRow.__table__.c.id, conversations),
    ]
    for rows in every:
        count = (await connection.execute(_statement(rows))).rowcount
        counts[rows.table.name] = counts.get(rows.table.name, 0) + count
    return {name: count for name, count in counts.items() if count}


def _of(found: MetaData, key: Any, ids: Ids) -> Iterator[Dependents]:
    """Yield what refers to the key, and before it what refers to that."""
    for table in found.sorted_tables:
        for column in _references(table, key):
            where = column.in_(ids)
            emptied = table.info.get(WORDS)
            if emptied is None:
                for own in table.primary_key.columns:
                    yield from _of(found, own, select(own).where(where))
            if emptied != {}:
                yield Dependents(table, where, emptied)


def _references(table: Table, key: Any) -> list[Column[Any]]:
    """Return the columns of the table by which it refers to the key, where that says whose words it holds."""
    if table in (TurnRow.__table__, key.table):
        return []
    columns = [foreign.parent for foreign in table.foreign_keys if foreign.column is key]
    if key.table is ConversationRow.__table__ and _about_turns(table):
        return []
    return columns


def _about_turns(table: Table) -> bool:
    return any(foreign.column.table is TurnRow.__table__ for foreign in table.foreign_keys)


def _statement(rows: Dependents) -> Any:
    if rows.emptied is None:
        return delete(rows.table).where(rows.where)
    wordy = or_(*(rows.table.c[name] != empty for name, empty in rows.emptied.items()))
    return update(rows.table).where(rows.where, wordy).values(dict(rows.emptied))
