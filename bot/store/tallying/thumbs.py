"""What people think of replies, counted when it is asked for: opinions are few, and are changed and taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Select, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Thumb
from bot.store.clock import hour_of
from bot.store.tables import ConversationRow, TurnRow
from bot.store.tables.feedback import FeedbackRow
from bot.store.tables.rollout import AskingRow
from bot.store.tallying.counting import Key
from bot.store.tallying.reading import Span

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Thumbs:
    """How many are up and down."""

    up: int = 0
    down: int = 0

    @property
    def share(self) -> float | None:
        """The share of those that are up; `None` of none."""
        return self.up / (self.up + self.down) if self.up + self.down else None


async def read_thumbs(connection: AsyncConnection, span: Span, piece: Callable[[int], int]) -> dict[Key, Thumbs]:
    """Count them by the piece of the span in which the reply was given, channel and version."""
    found: dict[Key, Thumbs] = defaultdict(Thumbs)
    for statement in (_of_versions(span), *([] if span.version else [_of_nobody(span)])):
        for at, channel, version, thumb, number in await connection.execute(statement):
            _add(found[piece(at), channel, version], Thumbs(number, 0) if thumb == Thumb.UP else Thumbs(0, number))
    return found


def _of_versions(span: Span) -> Select[Any]:
    """Thumbs of replies for which a version was asked: that row has all there is to know, and is far smaller."""
    row = AskingRow
    counted = _counted(span, row.at, row.conversation_id, row.version).join(row, row.turn_id == FeedbackRow.turn_id)
    return counted.where(row.version == span.version) if span.version else counted


def _of_nobody(span: Span) -> Select[Any]:
    """Thumbs of other replies."""
    row, asked = TurnRow, exists().where(AskingRow.turn_id == FeedbackRow.turn_id)
    return (
        _counted(span, row.at, row.conversation_id, literal("")).join(row, row.id == FeedbackRow.turn_id).where(~asked)
    )


def _counted(span: Span, at: Any, conversation: Any, version: Any) -> Select[Any]:
    hour, named = hour_of(at).label("hour"), version.label("named")
    statement = (
        select(hour, ConversationRow.channel, named, FeedbackRow.thumb, func.count())
        .select_from(FeedbackRow)
        .where(at >= span.begin * 3600.0, at < span.end * 3600.0, ConversationRow.id == conversation)
        # Nobody judges a reply before it is there; the index knows when it was judged.
        .where(FeedbackRow.thumb.in_(list(Thumb)), FeedbackRow.changed_at >= span.begin * 3600.0)
        .group_by("hour", ConversationRow.channel, "named", FeedbackRow.thumb)
    )
    return statement.where(ConversationRow.channel == span.channel) if span.channel else statement


def thumbs_together(thumbs: Mapping[Key, Thumbs], by: Callable[[Key], K]) -> dict[K, Thumbs]:
    """Add up those of the keys that are the same `by` something."""
    sums: dict[K, Thumbs] = defaultdict(Thumbs)
    for key, one in thumbs.items():
        _add(sums[by(key)], one)
    return sums


def _add(to: Thumbs, more: Thumbs) -> None:
    to.up += more.up
    to.down += more.down
