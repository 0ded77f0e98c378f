"""Databases of one trial, removed afterwards."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from tests.rig.servers import Unavailable

POSTGRES = os.environ.get("PALAVER_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")

Row = dict[str, Any]


class Books(Protocol):
    """A database that palaver uses, as the judge reads it."""

    @property
    def url(self) -> str: ...

    async def rows(self, query: str) -> list[Row]: ...


@dataclass(frozen=True, slots=True)
class Sqlite:
    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    async def rows(self, query: str) -> list[Row]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Postgres:
    url: str

    async def rows(self, query: str) -> list[Row]:
        connection = await asyncpg.connect(self.url, timeout=10)
        try:
            return [dict(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Sqlite]:
    yield Sqlite(folder / "palaver.sqlite3")


@asynccontextmanager
async def postgresql(folder: Path) -> AsyncIterator[Postgres]:
    """A database of the server at PALAVER_TEST_POSTGRES. Raises `Unavailable` where there is none."""
    name = f"palaver_trial_{uuid.uuid4().hex[:12]}"
    await _command(f"CREATE DATABASE {name}")
    try:
        yield Postgres(POSTGRES.rsplit("/", 1)[0] + f"/{name}")
    finally:
        await _command(f"DROP DATABASE {name} WITH (FORCE)")


async def _command(statement: str) -> None:
    try:
        connection = await asyncpg.connect(POSTGRES, timeout=10)
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"no PostgreSQL at PALAVER_TEST_POSTGRES: {error}") from None
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


DATABASES: dict[str, Callable[[Path], AbstractAsyncContextManager[Books]]] = {
    "sqlite": sqlite,
    "postgresql": postgresql,
}
