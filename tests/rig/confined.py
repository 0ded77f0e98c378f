"""Databases on a small disk that a trial may fill."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig.cluster import Cluster, cluster
from tests.rig.databases import Books, Row, Sqlite
from tests.rig.volumes import Volume, volume

CLUSTER_MB = 256
SQLITE_MB = 32


@dataclass(frozen=True, slots=True)
class Confined:
    """A database and the disk on which it lies."""

    books: Books
    volume: Volume

    @property
    def url(self) -> str:
        return self.books.url

    async def rows(self, query: str) -> list[Row]:
        return await self.books.rows(query)

    def revive(self) -> None:
        """Start the server again where it has ended, as systemd does: PostgreSQL ends where its log finds no room."""
        if isinstance(self.books, Cluster) and not self.books.server.alive:
            self.books.server.start()

    async def back(self) -> None:
        """Wait until the server answers. Raises `Died` and `TimeoutError`."""
        self.revive()
        if isinstance(self.books, Cluster):
            await self.books.server.until(self.books.answers, 60.0)


@asynccontextmanager
async def confined_cluster(folder: Path) -> AsyncIterator[Confined]:
    """A PostgreSQL server of its own. Raises `Unavailable`."""
    with volume(CLUSTER_MB) as disk:
        async with cluster(folder, disk.path) as made:
            yield Confined(made, disk)


@asynccontextmanager
async def confined_sqlite(folder: Path) -> AsyncIterator[Confined]:
    """A file. Raises `Unavailable`."""
    with volume(SQLITE_MB) as disk:
        yield Confined(Sqlite(disk.path / "palaver.sqlite3"), disk)
