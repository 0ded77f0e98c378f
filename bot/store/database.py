"""Opens the database and begins transactions on it. Nothing else commits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import SettingsError, StoreDown
from bot.settings import Section
from bot.store.single import SingleWriter

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

OUR_FAULT = (IntegrityError, ProgrammingError, DataError)
"""Errors that say our statement is wrong, not that the database is away."""

STUCK_SECONDS = 30.0
"""A transaction takes milliseconds, with SQLite's own waiting seconds. One that lasts so long holds up every other."""

FORGET_REMOVED = "INSERT INTO turn_words (turn_words) VALUES ('optimize')"
"""Has SQLite write the search index anew, without what was removed."""


class StoreSettings(Section, table="database", env_prefix="PALAVER_DATABASE_"):
    """`PALAVER_DATABASE_URL`: `sqlite:///path` or `postgresql://user:password@host/name`."""

    url: str = "sqlite:///data/palaver.sqlite3"
    pool: int = 10


class Database:
    """One engine. `begin()` writes, `read()` reads; both raise `StoreDown` when the database is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.embedded = engine.dialect.name == "sqlite"
        # SQLite has one writer: waiting here is fair and quick, waiting in its busy handler is neither.
        self._writer = SingleWriter() if self.embedded else None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Commit at the end of the block, roll back on any error."""
        async with self._writer.turn() if self._writer else nullcontext():
            with _away():
                async with self.engine.begin() as connection:
                    yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view. On SQLite it does not wait for the writer."""
        with _away():
            async with self.engine.connect() as connection:
                await connection.execution_options(reading=True)
                yield connection

    async def ping(self) -> None:
        """Raise `StoreDown` unless the database answers and, on SQLite, writing goes on."""
        held = self._writer.held if self._writer else 0.0
        if held > STUCK_SECONDS:
            raise StoreDown(f"a transaction has not ended for {held:.0f} seconds and holds up every other")
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def scrub(self) -> bool:
        """Let nothing that was removed stay in SQLite's write-ahead log; say whether that could be done now.

        In the file itself removed bytes are overwritten at once (`secure_delete`), but the search index only marks as
        removed what was in it, until it is written anew. Somebody who reads for long keeps
        the log from being emptied; it is when they are done. PostgreSQL does its own sweeping. Raises `StoreDown`.
        """
        if self._writer is None:
            return True
        async with self._writer.turn():
            with _away():
                async with self.engine.connect() as connection:
                    driver: Any = (await connection.get_raw_connection()).driver_connection
                    await driver.execute(FORGET_REMOVED)
                    cursor = await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    busy, *_ = await cursor.fetchone()
                    await cursor.close()
        return not busy

    async def close(self) -> None:
        await self.engine.dispose()


class _away:  # noqa: N801 - a context manager, read as a word
    """Turn a database that is away into `StoreDown`; leave our own faults as they are."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OUR_FAULT):
            return
        if isinstance(error, DBAPIError | PoolTimeout | OSError):
            raise StoreDown(f"the database cannot be used now: {type(error).__name__}") from error


def open_database(settings: StoreSettings) -> Database:
    """Make the engine; connects at first use. Raises `SettingsError` for a URL we cannot serve."""
    url = database_url(settings.url)
    if url.get_backend_name() == "sqlite":
        return Database(_open_sqlite(url))
    options: dict[str, Any] = {"connect_args": {"timeout": 5, "command_timeout": 10}}
    engine = create_async_engine(url, pool_size=settings.pool, max_overflow=settings.pool, pool_timeout=5, **options)
    return Database(engine)


def database_url(raw: str) -> URL:
    """Return the URL with our asynchronous driver. Raises `SettingsError`."""
    try:
        url = make_url(raw)
    except ArgumentError:
        raise SettingsError("PALAVER_DATABASE_URL is not a URL. Write sqlite:///path or postgresql://...") from None
    driver = DRIVERS.get(url.drivername.split("+")[0])
    if driver is None:
        raise SettingsError(f"PALAVER_DATABASE_URL: {url.drivername} is not served. Use sqlite or postgresql.")
    return url.set(drivername=driver)


def _open_sqlite(url: URL) -> AsyncEngine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, connect_args={"timeout": 5}, pool_size=8, max_overflow=0, pool_timeout=30)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    event.listen(engine.sync_engine, "invalidate", _let_go)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ARG001 - signature of the hook
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that reads first and writes later gets SQLITE_BUSY at once, whatever the timeout.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _let_go(connection: Any, record: object, error: object) -> None:  # noqa: ARG001 - signature of the hook
    """Roll back before the connection of a cancelled task is closed.

    Closing is not enough: a statement whose rows nobody read (RETURNING) keeps the closed connection, and its lock on
    the whole file, until the garbage collector comes by.
    """
    connection.rollback()
