"""What reviews add to the page of a conversation."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.admin.panels import Panel
from bot.admin.visit import Visit
from bot.store.closeup import Closeup
from bot.store.reviewing.reading import mark_of, reviewers, reviews_of


async def read(visit: Visit, connection: AsyncConnection, shown: Closeup) -> Mapping[str, object]:
    """The reviews of its replies, how it stands, and who may be given it."""
    said = await reviews_of(connection, [told.turn.id for told in shown.turns])
    mine = {
        turn for turn, reviews in said.items() if any(one.current and one.reviewer == visit.user.id for one in reviews)
    }
    return {
        "said": said,
        "mine": mine,
        "mark": await mark_of(connection, shown.id),
        "people": await reviewers(connection),
    }


PANEL = Panel(
    40,
    read,
    head="review/panel_head.html",
    reply="review/panel_reply.html",
    styles=["review/review.css"],
    scripts=["review/review.js"],
)
