"""The platform that people write on."""

from __future__ import annotations

from bot.store.filters import Filter, distinct
from bot.store.tables import ConversationRow

FILTER = Filter(10, lambda value: ConversationRow.channel == value, distinct(ConversationRow.channel))
