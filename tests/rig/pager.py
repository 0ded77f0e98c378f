"""Where alerts go: takes what the webhook channel posts, and keeps it with its time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.telegram.standin.server import Local
from tests.rig.ports import free_port


@dataclass
class Pager:
    """Known by its `url` from the beginning; nobody listens there before `start`. `posts` are (time, body)."""

    port: int = field(default_factory=free_port)
    posts: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    @classmethod
    def at(cls, url: str) -> Self:
        """Return the one that listens at this address."""
        return cls(urlsplit(url).port or 0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alerts"

    @property
    def keys(self) -> list[str]:
        """The key of each post, as they came."""
        return [body["key"] for _, body in self.posts]

    async def start(self) -> None:
        self._local = Local(Starlette(routes=[Route("/alerts", self._take, methods=["POST"])]))
        await self._local.start(self.port)

    async def stop(self) -> None:
        await self._local.stop()

    async def until(self, count: int, seconds: float) -> bool:
        """Wait for so many posts; return whether they came."""
        deadline = time.monotonic() + seconds
        while len(self.posts) < count and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        return len(self.posts) >= count

    async def _take(self, request: Request) -> Response:
        self.posts.append((time.time(), await request.json()))
        return Response(status_code=204)
