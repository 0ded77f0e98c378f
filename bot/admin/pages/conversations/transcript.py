"""One conversation, turn by turn."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.errors import not_there
from bot.admin.pages.conversations.verdict import verdict_of
from bot.admin.panels import fill
from bot.admin.visit import Visit
from bot.store.closeup import PAGE, read_closeup

GREATEST = 2**53


async def conversation(visit: Visit) -> Response:
    """Show the newest turns; `until` asks for those up to a number, `at` for those around one."""
    number = visit.request.path_params["conversation"]
    async with visit.database.read() as connection:
        shown = await read_closeup(connection, number, _until(visit)) if number < GREATEST else None
        if shown is None:
            raise not_there()
        panels = await fill(visit, connection, shown)
    await visit.saw("conversation.viewed", f"conversation {number}")
    turns = shown.turns
    older = f"?until={turns[0].turn.seq - 1}" if shown.before else ""
    newer = f"?until={turns[-1].turn.seq + PAGE}" if shown.after and turns else ""
    return visit.page(
        "conversations/transcript.html",
        shown=shown,
        panels=panels,
        older=older,
        newer=newer,
        verdict_of=verdict_of,
    )


def _until(visit: Visit) -> int | None:
    query = visit.request.query_params
    until, at = query.get("until", ""), query.get("at", "")
    if until.isascii() and until.isdigit():
        return min(int(until), GREATEST)
    return min(int(at) + PAGE // 2, GREATEST) if at.isascii() and at.isdigit() else None
