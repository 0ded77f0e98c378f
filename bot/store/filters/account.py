"""The bot's own identity on the platform."""

from __future__ import annotations

from bot.store.filters import Filter, distinct
from bot.store.tables import ConversationRow

FILTER = Filter(20, lambda value: ConversationRow.account == value, distinct(ConversationRow.account))
