"""Rows that the admin pages show, filled with given words. A file here is one subject and is found by its name.

Each offers `async def sow(connection, words, found)`: it stores rows whose every text is `words`, and puts the ids that
paths of pages need into `found` (`{conversation:int}` is `found["conversation"]`). Files run in the order of names.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from sqlalchemy import Boolean, Float, Integer, LargeBinary, String
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.plugins import plugin_names
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.tables import Base

Found = dict[str, str]
AT = 1_750_000_000.0


async def sow_all(database: Database, words: str) -> Found:
    """Store what every subject has, and return the values for paths."""
    package, found = sys.modules[__name__], Found()
    async with database.begin() as connection:
        for name in plugin_names(package):
            await import_module(f"{__name__}.{name}").sow(connection, words, found)
    return found


async def put(connection: AsyncConnection, row: type[Base], words: str, **values: object) -> str:
    """Store a row whose texts are `words` and whose numbers are 1, except those given; return its (first) key.

    A row of that key which another subject stored before is replaced.
    """
    columns, keys = row.__table__.columns, list(row.__table__.primary_key)  # type: ignore[attr-defined]
    asked = [column for column in columns if not (column.primary_key and _counts(column))]
    filled = {column.name: _filling(column, words) for column in asked}
    filled |= values
    statement = upsert(connection, row).values(filled)
    if all(key.name in filled for key in keys):
        names = [key.name for key in keys]
        statement = statement.on_conflict_do_update(index_elements=names, set_=filled)
    return str((await connection.execute(statement.returning(keys[0]))).scalar_one())


def _counts(key: Any) -> bool:
    """Whether the database numbers these rows itself."""
    return isinstance(key.type, Integer) and not key.foreign_keys


def _filling(column: Any, words: str) -> object:
    if column.nullable:
        return None
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, LargeBinary):
        return words.encode()
    if isinstance(column.type, Float):
        return AT
    return words[: column.type.length] if isinstance(column.type, String) else 1
