"""Shows how far reviewers agree."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.visit import Visit
from bot.store.reviewing.reading import agreements, counts


async def agreement(visit: Visit) -> Response:
    async with visit.database.read() as connection:
        pairs, done = await agreements(connection), await counts(connection)
    return visit.page("review/agreement.html", pairs=pairs, done=done)
