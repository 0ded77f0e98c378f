"""One address before several processes, as a load balancer in front of bots; also where a network can be broken."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from types import TracebackType
from typing import Self

CHUNK = 65536
Target = tuple[str, int]


class Front:
    """Forwards each connection to the next target in turn; one that does not answer is passed over.

    With no target left the connection is cut, as a client of a dead server sees it.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self.targets = list(targets)
        self.flowing = asyncio.Event()
        """Cleared, connections stay open but nothing passes: a half-dead network."""
        self.flowing.set()
        self.delay = 0.0
        """Seconds that each piece is held back, in either direction."""
        self.deaf = False
        """While so, requests arrive but every answer is thrown away: accepted, and then nothing."""
        self.carried = 0
        """Connections forwarded so far."""
        self._turn = itertools.count()
        self._links: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self.flowing.set()
        while self._tasks:
            self.cut()
            await asyncio.wait(self._tasks, timeout=0.1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Reset every open connection."""
        for link in list(self._links):
            link.transport.abort()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError):
            await self._carry(reader, writer)
        writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await self._connect()
        if upstream is None:
            return
        self.carried += 1
        up_reader, up_writer = upstream
        self._links |= {writer, up_writer}
        try:
            await self._both(
                asyncio.ensure_future(self._pump(reader, up_writer)),
                asyncio.ensure_future(self._pump(up_reader, writer, answers=True)),
            )
        finally:
            self._links -= {writer, up_writer}
            up_writer.transport.abort()

    async def _both(self, *pumps: asyncio.Task[None]) -> None:
        """Whichever side ends first ends the other, as a reset does."""
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for step in range(len(self.targets)):
            host, port = self.targets[(first + step) % len(self.targets)]
            try:
                async with asyncio.timeout(2):
                    return await asyncio.open_connection(host, port)
            except OSError:
                continue
        return None

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False) -> None:
        while data := await reader.read(CHUNK):
            await asyncio.sleep(self.delay)
            await self.flowing.wait()
            if not (answers and self.deaf):
                writer.write(data)
                await writer.drain()
