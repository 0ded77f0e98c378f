"""Who may ask, and how much: the token before the body, the body in pieces, unpacked no further than allowed."""

from __future__ import annotations

import asyncio
import hmac
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from connectors.rasa.settings import RasaSettings

BODY_SECONDS = 10.0
DRAINED = 4
"""So many times the limit is read and thrown away, for who is still writing does not hear an answer."""

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Gone(Exception):
    """Who asked went away."""


class TooLarge(Exception):
    """The body is larger than allowed, packed or unpacked."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of somebody who may ask. With a `problem` (one word) the body is not to be had."""

    body: bytes
    headers: Headers = field(default_factory=Headers)
    problem: str = ""
    left: Callable[[], Awaitable[None]] | None = None
    """Returns when who asked went away."""


class Door:
    """Checks the token, then reads the body."""

    def __init__(self, settings: RasaSettings) -> None:
        token = settings.token.get_secret_value() if settings.token else ""
        self._secret = f"Bearer {token}".encode()
        self.body_limit = settings.body_limit

    def knows(self, headers: Headers) -> bool:
        given = headers.getlist("authorization")
        return len(given) == 1 and hmac.compare_digest(given[0].encode("latin-1"), self._secret)

    async def read(self, headers: Headers, receive: Receive) -> Delivery:
        """Raises `Gone`."""

        async def left() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        try:
            async with asyncio.timeout(BODY_SECONDS):
                return Delivery(await self._body(headers, receive), headers, left=left)
        except TimeoutError:
            problem = "slow body"
        except TooLarge:
            problem = "too large"
        except zlib.error:
            problem = "unreadable"
        return Delivery(b"", headers, problem, left)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        unpack = unpacker(headers.get("content-encoding", ""))
        body, heard, more = bytearray(), 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            chunk, more = message.get("body", b""), message.get("more_body", False)
            heard += len(chunk)
            if heard > DRAINED * self.body_limit:
                raise TooLarge
            if heard <= self.body_limit and len(body) <= self.body_limit:
                body += unpack(chunk, self.body_limit + 1 - len(body))
        if max(heard, len(body)) > self.body_limit:
            raise TooLarge
        return bytes(body)


def unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return a function of a piece and the most bytes to make of it. Only `deflate` (zlib) is unpacked, Rasa's own.

    Raises `zlib.error` for an encoding that is not known; so does the function for what is not packed so.
    """
    if encoding.strip().lower() in ("", "identity"):
        return lambda piece, most: piece[:most]
    if encoding.strip().lower() != "deflate":
        raise zlib.error("not deflate")
    machine = zlib.decompressobj()
    return lambda piece, most: machine.decompress(piece, most) if most > 0 else b""


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the whole body unpacked. Raises `TooLarge`, and `zlib.error` where it is no such thing."""
    unpacked = unpacker(encoding)(body, limit + 1)
    if len(unpacked) > limit:
        raise TooLarge
    return unpacked


class Guarded:
    """An ASGI app that answers who sends the token. The web server leaves its bodies to us."""

    def __init__(self, door: Door, answer: Callable[[Delivery], Awaitable[Response]]) -> None:
        self._door = door
        self._answer = answer
        self.body_limit = door.body_limit

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["method"] != "POST":
            response: Response = JSONResponse({"error": "Send POST."}, 405, {"Allow": "POST"})
        elif not self._door.knows(headers):
            told = {"error": "Send PALAVER_RASA_TOKEN as Authorization: Bearer <token>."}
            response = JSONResponse(told, 401, {"WWW-Authenticate": "Bearer"})
        else:
            try:
                response = await self._answer(await self._door.read(headers, receive))
            except Gone:
                return
        await response(scope, receive, send)
