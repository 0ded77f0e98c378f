"""How one of the person's messages ended, or that it has not ended yet."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased

from bot.messages import Speaker, State
from bot.store.filters import Filter, fixed
from bot.store.tables import ConversationRow, TurnRow


def ended(value: str) -> ColumnElement[bool]:
    turn = aliased(TurnRow)
    of_conversation = turn.conversation_id == ConversationRow.id
    return exists().where(of_conversation, turn.speaker == Speaker.USER, turn.state == State(value))


FILTER = Filter(50, ended, fixed(*State), worded=True)
