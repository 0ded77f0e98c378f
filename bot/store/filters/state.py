"""How one of the person's messages ended, or that it has not ended yet."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists

from bot.messages import Speaker, State
from bot.store.filters import Filter, fixed
from bot.store.tables import ConversationRow, TurnRow


def ended(value: str) -> ColumnElement[bool]:
    of_conversation = TurnRow.conversation_id == ConversationRow.id
    return exists().where(of_conversation, TurnRow.speaker == Speaker.USER, TurnRow.state == State(value))


FILTER = Filter(50, ended, fixed(*State))
