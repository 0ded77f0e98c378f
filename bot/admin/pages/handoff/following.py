"""Tells an open page that something is new: server-sent events. What is new, the page asks for itself.

The page says in `seen` which pulse it shows, so that nothing is missed between its making and the stream's beginning.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response, StreamingResponse

from bot.admin.visit import Visit
from bot.errors import StoreDown
from bot.store.attending import pulse, pulse_of_all

Pulse = Callable[[AsyncConnection], Awaitable[str]]

LOOK = 1.0
"""Seconds between two looks into the database."""
BEAT = 15.0
"""Seconds between two signs that the line is open, and between two looks whether the reader is still signed in."""
LONGEST = 600.0
"""Seconds that one stream lasts; the browser comes back, and shows its cookie anew."""


async def follow_conversation(visit: Visit) -> Response:
    conversation = visit.request.path_params["conversation"]
    return await _follow(visit, lambda connection: pulse(connection, conversation))


async def follow_all(visit: Visit) -> Response:
    return await _follow(visit, pulse_of_all)


async def _follow(visit: Visit, look: Pulse) -> Response:
    """Return the stream. Who asks for something else than a stream gets the pulse of now."""
    if "text/event-stream" not in visit.request.headers.get("accept", ""):
        return visit.json({"pulse": await _look(visit, look)})
    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    return StreamingResponse(_events(visit, look), media_type="text/event-stream", headers=headers)


async def _events(visit: Visit, look: Pulse) -> AsyncIterator[str]:
    known = visit.request.query_params.get("seen", "")
    began, beat_at = time.monotonic(), time.monotonic() + BEAT
    yield "retry: 2000\n\nevent: beat\ndata: {}\n\n"
    while time.monotonic() < began + LONGEST:
        now = await _look(visit, look)
        if now not in ("", known):
            known = now
            yield "event: news\ndata: {}\n\n"
        await asyncio.sleep(LOOK)
        if time.monotonic() >= beat_at:
            if not await _signed_in(visit):
                return
            yield "event: beat\ndata: {}\n\n"
            beat_at = time.monotonic() + BEAT


async def _look(visit: Visit, look: Pulse) -> str:
    """Return the pulse, empty while the database is away: then nothing is new yet."""
    try:
        async with visit.database.read() as connection:
            return await look(connection)
    except StoreDown:
        return ""


async def _signed_in(visit: Visit) -> bool:
    """Whether the session still lasts. An open page is no use of it: who left it open is signed out in time."""
    try:
        lasting = await visit.sessions.of(visit.user.id)
    except StoreDown:
        return True
    return visit.session is not None and any(one.id == visit.session.id for one in lasting)
