"""What stands beside a transcript: who answers, and what people think of the replies."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.admin.visit import Visit
from bot.store.attending import find_attended
from bot.store.closeup import Closeup
from bot.store.opinions import opinions_in


async def on_transcript(visit: Visit, connection: AsyncConnection, shown: Closeup) -> Mapping[str, object]:  # noqa: ARG001
    attended = await find_attended(connection, shown.id)
    return {"conversation": attended, "opinions": await opinions_in(connection, shown.id)}
