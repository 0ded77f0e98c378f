"""What people think of replies, counted when it is asked for: opinions are few, and are changed and taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, select
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
    hour, version = hour_of(TurnRow.at).label("hour"), func.coalesce(AskingRow.version, "").label("asked")
    statement = (
        select(hour, ConversationRow.channel, version, FeedbackRow.thumb, func.count())
        .select_from(FeedbackRow)
        .join(TurnRow, TurnRow.id == FeedbackRow.turn_id)
        .join(ConversationRow, ConversationRow.id == TurnRow.conversation_id)
        .outerjoin(AskingRow, AskingRow.turn_id == FeedbackRow.turn_id)
        .where(TurnRow.at >= span.begin * 3600.0, TurnRow.at < span.end * 3600.0)
        # Nobody judges a reply before it is there; the index knows when it was judged.
        .where(FeedbackRow.thumb.in_(list(Thumb)), FeedbackRow.changed_at >= span.begin * 3600.0)
        .group_by("hour", ConversationRow.channel, "asked", FeedbackRow.thumb)
    )
    statement = statement.where(ConversationRow.channel == span.channel) if span.channel else statement
    statement = statement.where(AskingRow.version == span.version) if span.version else statement
    found: dict[Key, Thumbs] = defaultdict(Thumbs)
    for at, channel, asked, thumb, number in await connection.execute(statement):
        _add(found[piece(at), channel, asked], Thumbs(number, 0) if thumb == Thumb.UP else Thumbs(0, number))
    return found


def thumbs_together(thumbs: Mapping[Key, Thumbs], by: Callable[[Key], K]) -> dict[K, Thumbs]:
    """Add up those of the keys that are the same `by` something."""
    sums: dict[K, Thumbs] = defaultdict(Thumbs)
    for key, one in thumbs.items():
        _add(sums[by(key)], one)
    return sums


def _add(to: Thumbs, more: Thumbs) -> None:
    to.up += more.up
    to.down += more.down
