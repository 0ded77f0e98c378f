"""A model that wrote one of the replies, with its version."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists

from bot.store.filters import Filter, distinct
from bot.store.tables import ConversationRow, TurnRow, WritingRow


def wrote(model: str) -> ColumnElement[bool]:
    of_reply = WritingRow.turn_id == TurnRow.id
    return exists().where(TurnRow.conversation_id == ConversationRow.id, of_reply, WritingRow.model == model)


FILTER = Filter(40, wrote, distinct(WritingRow.model))
