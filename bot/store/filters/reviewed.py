"""Whether somebody of the team has reviewed it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists

from bot.store.filters import Filter, fixed
from bot.store.tables import ConversationRow
from bot.store.tables.reviews import MarkRow


def reviewed(value: str) -> ColumnElement[bool]:
    done = exists().where(MarkRow.conversation_id == ConversationRow.id, MarkRow.reviewed_at.is_not(None))
    if value not in ("yes", "no"):
        raise ValueError(value)
    return done if value == "yes" else ~done


FILTER = Filter(75, reviewed, fixed("yes", "no"), worded=True)
