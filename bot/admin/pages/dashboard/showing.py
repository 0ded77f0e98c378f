"""Reads the hours that are asked for and puts them together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.admin.pages.dashboard.asking import CHOSEN, Asked, asked
from bot.admin.pages.dashboard.drawing import charts
from bot.admin.pages.dashboard.figures import ENDS, NONE, SHARES, TIMES, Figures, ordered
from bot.admin.pages.dashboard.spans import SPANS
from bot.admin.visit import Visit
from bot.store.tallying.reading import active, channels, counted_until, read_hours, together, versions
from bot.store.tallying.thumbs import read_thumbs, thumbs_together
from bot.store.worries import read_worries


@dataclass(frozen=True, slots=True)
class Board:
    """Everything in the span, as a whole and in parts."""

    whole: Figures
    pieces: Sequence[Figures]
    by_channel: Sequence[tuple[str, Figures]]
    by_version: Sequence[tuple[str, Figures]]
    conversations: int
    until: float
    channels: Sequence[str]
    versions: Sequence[str]


async def dashboard(visit: Visit) -> Response:
    wanted = asked(visit)
    async with visit.database.read() as connection:
        board = await _read(connection, wanted)
        worries = await read_worries(connection, time.time())
    return visit.page(
        "dashboard/dashboard.html",
        asked=wanted,
        board=board,
        worries=worries,
        charts=charts(visit, wanted.cut.labels, board.pieces),
        spans=[*SPANS, CHOSEN],
        ends=ENDS,
        times=TIMES,
        shares=SHARES,
    )


async def _read(connection: AsyncConnection, wanted: Asked) -> Board:
    hours = await read_hours(connection, wanted.span, wanted.cut.piece)
    thumbs = await read_thumbs(connection, wanted.span, wanted.cut.piece)
    whole = together(hours, lambda _: 0).get(0, NONE)
    liked = thumbs_together(thumbs, lambda key: key[0])
    by_piece = together(hours, lambda key: key[0])
    return Board(
        Figures(whole, thumbs_together(thumbs, lambda _: 0)[0]),
        [Figures(by_piece.get(place, NONE), liked[place]) for place in range(len(wanted.cut.labels))],
        ordered(together(hours, lambda key: key[1]), thumbs_together(thumbs, lambda key: key[1])),
        ordered(together(hours, lambda key: key[2]), thumbs_together(thumbs, lambda key: key[2])),
        await active(connection, wanted.span),
        await counted_until(connection),
        await channels(connection),
        await versions(connection),
    )
