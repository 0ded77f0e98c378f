"""Replies of which the model was least sure."""

from __future__ import annotations

from sqlalchemy import Select, select

from bot.store.reviewing.queue import Wish, open_to
from bot.store.tables import TurnRow, WritingRow

ORDER = 2


def replies(wish: Wish) -> Select[int]:
    statement = select(TurnRow.id).join(WritingRow, WritingRow.turn_id == TurnRow.id)
    unsure = WritingRow.score < wish.low_score
    return statement.where(unsure, *open_to(wish.reviewer)).order_by(WritingRow.score)
