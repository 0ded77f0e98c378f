"""Server-sent events: the turns of a conversation as they are stored, and signs of life in between."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from bot.errors import StoreDown
from bot.interfaces import Transcript
from bot.messages import Address, Speaker, Turn
from connectors.web.events import Hub, Listener

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
LAST_WORD = 1.0
"""Seconds to end an answer properly when the server stops."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between two looks into the transcript, usually and right after a sending; between two drafts; between
    signs that the line is open; and how long one piece may take to be written to a slow reader."""

    look: float = 1.0
    hurry: float = 0.05
    draft: float = 0.05
    beat: float = 15.0
    write: float = 20.0


class EventStream:
    """ASGI app of one open page. Begins after turn `seq`; ends when the page goes, reads too slowly or is replaced.

    `turn` events carry their number as id, so a page that comes back says where to go on: nothing is lost or repeated.
    """

    def __init__(self, transcript: Transcript, hub: Hub, address: Address, seq: int, pace: Pace) -> None:
        self._transcript = transcript
        self._hub = hub
        self._address = address
        self._seq = seq
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI wants it
        """Raises `Full` before anything was sent."""
        with self._hub.listen(self._address) as listener:
            tasks = [asyncio.create_task(self._write(listener, send)), asyncio.create_task(_left(receive))]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                # The server stops and waits no longer. An answer that ends is a page that comes back at once.
                listener.stop(now=True)
                await asyncio.wait(tasks, timeout=LAST_WORD, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                written, _ = await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(written, Exception) and not isinstance(written, OSError):
            raise written

    async def _write(self, listener: Listener, send: Send) -> None:
        """Send the events. Raises `TimeoutError` (an `OSError`) when the reader is too slow."""
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        async with aclosing(self._pieces(listener)) as pieces:
            async for piece in pieces:
                async with asyncio.timeout(self._pace.write):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self, listener: Listener) -> AsyncGenerator[bytes, None]:
        yield b"retry: 1000\n\n" + event("beat", {})
        look_at, beat_at = 0.0, time.monotonic() + self._pace.beat
        while not listener.over:
            if listener.called() or time.monotonic() >= look_at:
                for turn in await self._look(listener):
                    yield event("turn", shown(turn), turn.seq)
                look_at = time.monotonic() + (self._pace.hurry if listener.hurried else self._pace.look)
            sign = listener.take()
            if sign is not None:
                yield event("draft", {"text": sign.text})
                await asyncio.sleep(self._pace.draft)
            if time.monotonic() >= beat_at:
                yield event("beat", {})
                beat_at = time.monotonic() + self._pace.beat
            await listener.wait(look_at - time.monotonic())
        if listener.replaced:
            yield event("elsewhere", {})

    async def _look(self, listener: Listener) -> Sequence[Turn]:
        """Return the new turns. While the database is away there are none; the next look will find them."""
        try:
            turns = await self._transcript.since(self._address, self._seq)
        except StoreDown:
            return ()
        if turns:
            self._seq = turns[-1].seq
        if any(turn.speaker is not Speaker.USER for turn in turns):
            listener.seen()
        return turns


def shown(turn: Turn) -> dict[str, Any]:
    """Return what a page may know of a turn. `id` is the page's own name of a message it sent.

    `judged` is what the person thinks of the reply, absent where nobody asks for that.
    """
    judged = {} if turn.judged is None else {"judged": turn.judged}
    return {
        "seq": turn.seq,
        "speaker": turn.speaker,
        "text": turn.text,
        "at": turn.at.isoformat(),
        "command": turn.command,
        "id": turn.platform_id if turn.speaker is Speaker.USER else "",
        **judged,
    }


def event(name: str, data: dict[str, Any], number: int | None = None) -> bytes:
    """Return one server-sent event. JSON holds no line breaks, so that no text can end an event or begin one."""
    id_line = "" if number is None else f"id: {number}\n"
    return f"{id_line}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
