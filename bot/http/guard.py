"""Bounds what strangers can make us hold: no request reaches an app before its body is complete and small."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

BODY_LIMIT = 256 * 1024
"""Bytes."""
BODY_SECONDS = 10.0
LINGER_SECONDS = 1.0
LINGER_BYTES = 16 * 1024 * 1024


class Refusal(Exception):
    """The request ends here with this status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Gone(Exception):
    """The client left before its body was complete."""


class Guard:
    """ASGI middleware for every route.

    413 for a body over the limit, as soon as that is certain; 415 for any `Content-Encoding`, because a small body can
    unpack into a huge one; 408 for a body that is not complete in time. Responses are not touched, so a stream may last
    as long as it likes. `bot.http.protocol` bounds the headers. Bodies for the paths in `apart` are left to their apps.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int = BODY_LIMIT,
        seconds: float = BODY_SECONDS,
        apart: Collection[str] = (),
    ) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds
        self._apart = frozenset(apart)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._apart:
            await self._app(scope, receive, send)
            return
        try:
            self._check_headers(Headers(scope=scope))
            body = await self._body(receive)
        except Refusal as refusal:
            await _refuse(refusal, receive, send)
        except Gone:
            return
        else:
            await self._app(scope, _Replay(body, receive), send)

    def _check_headers(self, headers: Headers) -> None:
        if "content-encoding" in headers:
            raise Refusal(415, "Send the body as it is, without Content-Encoding.")
        if int(headers.get("content-length") or 0) > self._limit:
            raise self._too_large()

    async def _body(self, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(receive)
        except TimeoutError:
            raise Refusal(408, f"The body was not complete after {self._seconds:g} seconds.") from None

    async def _read(self, receive: Receive) -> bytes:
        body = bytearray()
        async for chunk in _chunks(receive):
            body += chunk
            if len(body) > self._limit:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> Refusal:
        return Refusal(413, f"The body is larger than {self._limit} bytes.")


class _Replay:
    """Gives the app the body that was read, then whatever the server says (that the client left)."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._first: MutableMapping[str, Any] | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> MutableMapping[str, Any]:
        first, self._first = self._first, None
        return first if first is not None else await self._receive()


async def _chunks(receive: Receive) -> Any:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def _refuse(refusal: Refusal, receive: Receive, send: Send) -> None:
    text = str(refusal).encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": text, "more_body": True})
    if refusal.status != 408:
        await _linger(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _linger(receive: Receive) -> None:
    """Throw away what is still coming, for a moment: closing at once would reset the line before the answer is read."""
    thrown = 0
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            async for chunk in _chunks(receive):
                thrown += len(chunk)
                if thrown > LINGER_BYTES:
                    return
    except (TimeoutError, Gone):
        return
