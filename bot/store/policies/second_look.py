"""Replies that another reviewer has judged, so that it shows how far reviewers agree."""

from __future__ import annotations

from sqlalchemy import Select, exists, select

from bot.store.reviewing.queue import Wish, mine, reviewable
from bot.store.tables import TurnRow
from bot.store.tables.reviews import ReviewRow

ORDER = 5


def replies(wish: Wish) -> Select[int]:
    theirs = ReviewRow.reviewer_id != wish.reviewer
    judged = exists().where(
        ReviewRow.turn_id == TurnRow.id, ReviewRow.replaced_at.is_(None), ReviewRow.verdict != "", theirs
    )
    return select(TurnRow.id).where(*reviewable(), judged, ~mine(wish.reviewer)).order_by(TurnRow.id.desc())
