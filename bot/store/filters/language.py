"""The language that the bot answers in."""

from __future__ import annotations

from bot.store.filters import Filter, fixed
from bot.store.tables import ConversationRow

FILTER = Filter(30, lambda value: ConversationRow.language == value, fixed("en", "zh"), worded=True)
