"""What people think of a reply in it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists

from bot.messages import Thumb
from bot.store.filters import Filter, fixed
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tables.feedback import FeedbackRow


def thought(value: str) -> ColumnElement[bool]:
    of_reply = FeedbackRow.turn_id == TurnRow.id, TurnRow.conversation_id == ConversationRow.id
    return exists().where(*of_reply, FeedbackRow.thumb == Thumb(value))


FILTER = Filter(70, thought, fixed(Thumb.DOWN, Thumb.UP), worded=True)
