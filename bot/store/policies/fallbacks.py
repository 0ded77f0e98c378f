"""Replies that no model gave: what it wrote was not to be sent, or it wrote nothing. The newest first."""

from __future__ import annotations

from sqlalchemy import Select, select

from bot.store.reviewing.queue import Wish, open_to
from bot.store.tables import TurnRow

ORDER = 3
RESPONDERS = ("fallback", "neutral")


def replies(wish: Wish) -> Select[int]:
    fixed = TurnRow.responder.in_(RESPONDERS)
    return select(TurnRow.id).where(fixed, *open_to(wish.reviewer)).order_by(TurnRow.id.desc())
