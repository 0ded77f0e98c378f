"""Puts rows into a database as fast as it takes them: COPY on PostgreSQL, one big transaction on SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

import asyncpg
from sqlalchemy import text

from bot.store.database import Database
from bot.store.tables import Base
from tests.benchmarks.turns.year import Row, Year

BATCH = 20_000
SET_ASIDE = "DROP INDEX ix_turn_words_terms; ALTER TABLE turns DISABLE TRIGGER turn_words_kept"
"""What keeps the search index is quicker for all turns at the end than for each of them."""
INDEX = """
    INSERT INTO turn_words SELECT turns.id, known.terms FROM turns
    JOIN (SELECT text, palaver_terms(text) AS terms FROM (SELECT DISTINCT text FROM turns) AS texts) AS known
    ON known.text = turns.text;
    ALTER TABLE turns ENABLE TRIGGER turn_words_kept;
    SET maintenance_work_mem = '256MB';
    CREATE INDEX ix_turn_words_terms ON turn_words USING gin (terms)
"""
NUMBERED = ("conversations", "turns", "parts")

Batches = Iterable[Mapping[type[Base], Sequence[Row]]]


class NotEmpty(Exception):
    """The database holds conversations already."""


async def load(database: Database, turns: int) -> AsyncIterator[int]:
    """Fill an empty database of the newest revision; give the turns stored so far. Raises `NotEmpty`."""
    async with database.read() as connection:
        if (await connection.execute(text("SELECT 1 FROM conversations LIMIT 1"))).first():
            raise NotEmpty("The database holds conversations already. Name an empty one.")
    async for stored in store(database, Year(turns, time.time()).batches(BATCH)):
        yield stored


async def store(database: Database, batches: Batches) -> AsyncIterator[int]:
    """Put rows into a database without turns; give the turns stored so far."""
    into = _sqlite if database.embedded else _postgresql
    async for stored in into(database, batches):
        yield stored


async def _postgresql(database: Database, batches: Batches) -> AsyncIterator[int]:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    stored = 0
    try:
        await connection.execute(SET_ASIDE)
        for batch in batches:
            for table, rows in batch.items():
                names, records = _records(table, rows)
                await connection.copy_records_to_table(table.__tablename__, records=records, columns=names)
            stored += len(batch[next(table for table in batch if table.__tablename__ == "turns")])
            yield stored
        await connection.execute(INDEX)
        for name in NUMBERED:
            await connection.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _sqlite(database: Database, batches: Batches) -> AsyncIterator[int]:
    stored = 0
    with closing(sqlite3.connect(str(database.engine.url.database))) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for batch in batches:
            for table, rows in batch.items():
                names, records = _records(table, rows)
                marks = ", ".join("?" * len(names))
                statement = f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({marks})"
                connection.executemany(statement, records)
                stored += len(rows) if table.__tablename__ == "turns" else 0
            yield stored
        connection.commit()
        connection.execute("ANALYZE")


def _records(table: type[Base], rows: Sequence[Row]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the columns that rows of the table have, and the rows' values in that order."""
    names = [name for name in table.__table__.columns.keys() if any(name in row for row in rows)]  # noqa: SIM118
    return names, [tuple(row.get(name) for name in names) for row in rows]
