"""The first day of the newest message, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement

from bot.store.filters import Filter
from bot.store.tables import ConversationRow


def since(day: str) -> ColumnElement[bool]:
    return ConversationRow.last_message_at >= datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()


FILTER = Filter(90, since)
