"""A model that wrote one of the replies, with its version."""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, select
from sqlalchemy.orm import aliased

from bot.store.filters import Filter, distinct
from bot.store.tables import ConversationRow, TurnRow, WritingRow

DAY = 86400.0
"""Seconds. The newest message is older than the reply to it, but never by so much."""


def wrote(model: str) -> ColumnElement[bool]:
    """Look only at conversations that lived while the model wrote: an old model's are far from the newest."""
    reply, writing = aliased(TurnRow), aliased(WritingRow)
    of_model = writing.model == model
    any_reply = exists().where(reply.conversation_id == ConversationRow.id, writing.turn_id == reply.id, of_model)
    first, last = (_at(edge(WritingRow.turn_id), model) for edge in (func.min, func.max))
    return and_(ConversationRow.created_at <= last, ConversationRow.last_message_at >= first - DAY, any_reply)


def _at(edge: ColumnElement[int], model: str) -> ScalarSelect[float]:
    """When the model wrote its first or its last reply."""
    turn, writing = aliased(TurnRow), select(edge).where(WritingRow.model == model).scalar_subquery()
    return select(turn.at).where(turn.id == writing).scalar_subquery()


FILTER = Filter(40, wrote, distinct(WritingRow.model))
