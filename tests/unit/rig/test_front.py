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


async def test_a_slow_line_holds_each_piece_back(front: Front) -> None:
    front.delay = 0.2
    began = asyncio.get_running_loop().time()
    assert await greeting(front) == b"a"
    assert asyncio.get_running_loop().time() - began >= 0.2


async def test_what_is_said_arrives_but_its_answer_is_thrown_away() -> None:
    async with Echo(b"") as target, Front([target]) as front:
        front.deaf = True
        reader, writer = await connect(front)
        writer.write(b"lost")
        await asyncio.sleep(0.1)
        front.deaf = False
        writer.write(b"heard")
        assert await reader.readexactly(5) == b"heard"
        writer.close()
