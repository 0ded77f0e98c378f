"""Sends a data set as a file, a piece at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import Response, StreamingResponse

from bot.admin.errors import Refused
from bot.admin.visit import Visit
from bot.errors import SettingsError
from bot.exporting import Dataset, Order, check_form, make_dataset
from bot.redaction import Redactor, redactor, redactor_names
from bot.store.exporting import Selection

BLOCK = 64 * 1024
"""Bytes that are sent at a time."""
TYPES = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


async def download(visit: Visit) -> Response:
    """Make the data set that the form asks for, and send it."""
    try:
        form = check_form(await visit.field("form"))
        order = Order(await visit.field("kind"), await _way(visit), await _selection(visit))
    except (SettingsError, ValueError, OverflowError):
        raise Refused(400, "error.unreadable") from None
    async with AsyncExitStack() as stack:
        try:
            made = await stack.enter_async_context(make_dataset(visit.database, order))
        except SettingsError:
            raise Refused(400, "error.unreadable") from None
        detail = {"kind": order.kind, "redaction": order.way.STATE, "rows": made.content.rows}
        await visit.saw("data.exported", made.version.name, **detail)
        held = stack.pop_all()
    name = f'attachment; filename="{made.version.name}.{form}"'
    return StreamingResponse(_sent(held, made, form), media_type=TYPES[form], headers={"Content-Disposition": name})


async def _sent(held: AsyncExitStack, made: Dataset, form: str) -> AsyncIterator[bytes]:
    async with held:
        async for block in iterate_in_threadpool(_blocks(made.chunks(form))):
            yield block


def _blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) >= BLOCK:
            yield bytes(held)
            held.clear()
    yield bytes(held)


async def _way(visit: Visit) -> Redactor:
    """Return how the form wants texts redacted. Raises `Refused` where the library for it is not here."""
    name = await visit.field("redact")
    try:
        return await run_in_threadpool(redactor, name)  # a library may take seconds to load
    except SettingsError:
        if name in redactor_names():
            raise Refused(409, "export.no_library", name=name) from None
        raise


async def _selection(visit: Visit) -> Selection:
    """What the form narrows it down to. The last day counts in full, in UTC. Raises `ValueError` for no day."""
    since, until = await visit.field("since"), await visit.field("until")
    return Selection(
        _begin(date.fromisoformat(since)) if since else None,
        _begin(date.fromisoformat(until) + timedelta(days=1)) if until else None,
        await visit.field("channel"),
        await visit.field("language"),
        await visit.field("model"),
    )


def _begin(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
