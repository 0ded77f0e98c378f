"""A real server on a real socket, and a client that can be as rude as strangers are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.http.server import HttpServer
from bot.http.settings import HttpSettings


@asynccontextmanager
async def _serve(app: ASGIApp) -> AsyncIterator[int]:
    server = HttpServer(app, HttpSettings(port=0))
    running = asyncio.create_task(server.serve())
    try:
        yield server.port
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
def serve() -> Callable[[ASGIApp], AbstractAsyncContextManager[int]]:
    """Serves an app on a free port of this machine; gives the port."""
    return _serve


class Counting:
    """An app that remembers the bodies it got and answers with their length."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        assert message["more_body"] is False
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": str(len(message["body"])).encode()})


@pytest.fixture
def counting() -> Counting:
    return Counting()


async def _say(port: int, pieces: Iterable[bytes], pause: float = 0.0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = asyncio.create_task(_write(writer, pieces, pause))
    try:
        async with asyncio.timeout(20):
            return await _read(reader)
    finally:
        said.cancel()
        writer.close()
        await asyncio.gather(said, writer.wait_closed(), return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> bytes:
    said = b""
    with contextlib.suppress(ConnectionResetError):  # what came before the reset counts
        while piece := await reader.read(65536):
            said += piece
    return said


async def _write(writer: asyncio.StreamWriter, pieces: Iterable[bytes], pause: float) -> None:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


@pytest.fixture
def say() -> Any:
    """Writes pieces of bytes on a bare line, with a pause after each; gives all that came back until it was closed."""
    return _say
