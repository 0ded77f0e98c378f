"""Shows what can be exported, and which versions there are."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.visit import Visit
from bot.exporting import FORMATS, kinds
from bot.redaction import DEFAULT, redactor_names
from bot.store.datasets import DIGITS, versions
from bot.store.listing import choices


async def export(visit: Visit) -> Response:
    async with visit.database.read() as connection:
        found, offered = await versions(connection), await choices(connection)
    ways = sorted(redactor_names(), key=lambda name: (name != DEFAULT, name))
    return visit.page(
        "export/export.html",
        kinds=kinds(),
        forms=FORMATS,
        ways=ways,
        versions=found,
        digits=DIGITS,
        offered={name: [(one, one) for one in offered[name]] for name in ("channel", "model")},
    )
