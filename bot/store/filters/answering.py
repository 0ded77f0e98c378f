"""Who answers now: the bot, a person, nobody."""

from __future__ import annotations

from bot.messages import Answering
from bot.store.filters import Filter, fixed
from bot.store.tables import ConversationRow

FILTER = Filter(60, lambda value: ConversationRow.answering == Answering(value), fixed(*Answering), worded=True)
