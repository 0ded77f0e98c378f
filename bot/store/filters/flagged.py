"""Somebody of the team flagged it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists

from bot.store.filters import Filter, fixed
from bot.store.tables import ConversationRow
from bot.store.tables.reviews import MarkRow


def flagged(value: str) -> ColumnElement[bool]:
    if value != "yes":
        raise ValueError(value)
    return exists().where(MarkRow.conversation_id == ConversationRow.id, MarkRow.flagged)


FILTER = Filter(70, flagged, fixed("yes"), worded=True)
