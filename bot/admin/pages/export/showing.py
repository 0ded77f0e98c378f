"""Shows what can be exported, and which versions there are."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.visit import Visit
from bot.exporting import FORMATS, kinds
from bot.redaction import DEFAULT, redactor_names
from bot.store.datasets import DIGITS, versions


async def export(visit: Visit) -> Response:
    async with visit.database.read() as connection:
        found = await versions(connection)
    ways = sorted(redactor_names(), key=lambda name: (name != DEFAULT, name))
    return visit.page("export/export.html", kinds=kinds(), forms=FORMATS, ways=ways, versions=found, digits=DIGITS)
