"""The last day of the newest message, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement

from bot.store.filters import Filter
from bot.store.tables import ConversationRow


def until(day: str) -> ColumnElement[bool]:
    begins = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    return ConversationRow.last_message_at < (begins + timedelta(days=1)).timestamp()


FILTER = Filter(91, until)
