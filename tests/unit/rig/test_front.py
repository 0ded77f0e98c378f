from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.rig.front import Front
from tests.rig.ports import free_port


class Echo:
    """A server that says its name and then repeats what it hears."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    async def __aenter__(self) -> tuple[str, int]:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def __aexit__(self, *error: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.name)
        while data := await reader.read(100):
            writer.write(data)
        writer.close()


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    async with Echo(b"a") as one, Echo(b"b") as two, Front([one, two]) as opened:
        yield opened


async def connect(front: Front) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", front.port)


async def greeting(front: Front) -> bytes:
    reader, writer = await connect(front)
    try:
        return await reader.read(1)
    finally:
        writer.close()


async def test_connections_go_round(front: Front) -> None:
    assert [await greeting(front) for _ in range(4)] == [b"a", b"b", b"a", b"b"]


async def test_a_dead_target_is_passed_over(front: Front) -> None:
    front.targets[0] = ("127.0.0.1", free_port())
    assert [await greeting(front) for _ in range(3)] == [b"b"] * 3


async def test_with_no_target_the_connection_is_cut(front: Front) -> None:
    front.targets = []
    reader, writer = await connect(front)
    with pytest.raises(ConnectionResetError):
        await cut(reader)
    writer.close()


async def test_a_cut_ends_open_connections(front: Front) -> None:
    reader, writer = await connect(front)
    await reader.read(1)
    front.cut()
    with pytest.raises(ConnectionResetError):
        await cut(reader)
    writer.close()


async def test_nothing_passes_while_it_does_not_flow(front: Front) -> None:
    reader, writer = await connect(front)
    await reader.read(1)
    front.flowing.clear()
    writer.write(b"held")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await reader.read(4)
    front.flowing.set()
    assert await reader.read(4) == b"held"
    writer.close()


async def cut(reader: asyncio.StreamReader) -> None:
    """Raise `ConnectionResetError` for a reset and for an end alike: both are a cut."""
    async with asyncio.timeout(5):
        if not await reader.read(1):
            raise ConnectionResetError
