"""What can be wrong with one call of the Web API."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Fault:
    """One failing call. With `accepted` the call does its work before its answer goes wrong."""

    error: str = ""
    status: int = 200
    retry_after: int | None = None
    body: str | None = None
    accepted: bool = False
    dropped: bool = False
    """The connection is cut instead of an answer."""
    silent: float = 0.0
    """Seconds before the answer."""

    async def answer(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.silent)
        if self.dropped and request.transport is not None:
            request.transport.abort()
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.body is not None:
            return web.Response(status=self.status, text=self.body, headers=headers, content_type="text/html")
        return web.json_response({"ok": False, "error": self.error}, status=self.status, headers=headers)


class Faults:
    """The faults that wait, by method, first in first out."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def add(self, method: str, fault: Fault, times: int) -> None:
        self._waiting[method].extend([fault] * times)

    def next(self, method: str) -> Fault | None:
        return self._waiting[method].popleft() if self._waiting[method] else None
