"""A web chat on a real socket, and a client that talks to it as the page does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.rig.site import Site, site


@pytest.fixture
async def here() -> AsyncIterator[Site]:
    async with site() as opened:
        yield opened


class Page:
    """What the page does, without a browser: keeps the cookie, posts JSON, reads events."""

    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url, timeout=10)

    async def begin(self) -> Page:
        assert (await self.post("session")).status_code == 204
        return self

    async def post(self, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        return await self.client.post(f"/chat/{path}", json=body, headers=headers)

    async def say(self, text: str, name: str = "") -> httpx.Response:
        return await self.post("messages", id=name or str(uuid4()), text=text)

    @asynccontextmanager
    async def events(self, seen: int | None = None) -> AsyncIterator[Events]:
        headers = {} if seen is None else {"Last-Event-ID": str(seen)}
        async with self.client.stream("GET", "/chat/events", headers=headers) as answer:
            assert answer.status_code == 200, await answer.aread()
            yield Events(answer)


class Events:
    """The events of one stream, as a browser understands them."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.all = self._read()

    async def next(self, *names: str) -> tuple[str, dict[str, Any], str]:
        """Return the next event of these names (any but the beat, if none): name, data and id."""
        async for name, data, number in self.all:
            if name in names or (not names and name != "beat"):
                return name, data, number
        raise EOFError("the stream ended")

    async def turns(self, count: int) -> list[str]:
        return [(await self.next("turn"))[1]["text"] for _ in range(count)]

    async def _read(self) -> AsyncIterator[tuple[str, dict[str, Any], str]]:
        fields: dict[str, str] = {}
        async for line in self.answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                yield fields["event"], json.loads(fields["data"]), fields.get("id", "")
                fields = {}


Open = Callable[..., Page]


@pytest.fixture
async def open_page(here: Site) -> AsyncIterator[Open]:
    """Opens pages, each with cookies of its own."""
    pages: list[Page] = []

    def opened(url: str = "") -> Page:
        pages.append(Page(url or here.url))
        return pages[-1]

    yield opened
    for page in pages:
        await page.client.aclose()


@pytest.fixture
async def page(open_page: Open) -> Page:
    """A page of a person who has begun to write."""
    return await open_page().begin()
