"""Replies that their readers did not like, the newest opinion first."""

from __future__ import annotations

from sqlalchemy import Select, func, select

from bot.messages import Thumb
from bot.store.reviewing.queue import Wish, open_to
from bot.store.tables import TurnRow
from bot.store.tables.feedback import FeedbackRow

ORDER = 1


def replies(wish: Wish) -> Select[int]:
    statement = select(TurnRow.id).join(FeedbackRow, FeedbackRow.turn_id == TurnRow.id)
    statement = statement.where(FeedbackRow.thumb == Thumb.DOWN, *open_to(wish.reviewer))
    return statement.group_by(TurnRow.id).order_by(func.max(FeedbackRow.changed_at).desc(), TurnRow.id.desc())
