"""Finds the reply that a reviewer should see next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from sqlalchemy import BigInteger, ColumnElement, Exists, Select, exists, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import SettingsError
from bot.messages import Kind, Speaker, State
from bot.plugins import load_plugin, plugin_names
from bot.store import policies
from bot.store.tables import TurnRow
from bot.store.tables.reviews import MarkRow, ReviewRow

UNSEEN = (State.REPLYING, State.ERASED, State.UNDELIVERABLE)
"""Replies that no person has read."""
COMMANDS = "scripted"
"""Answers to commands are the owner's own words."""


@dataclass(frozen=True, slots=True)
class Wish:
    """For whom a reply is sought. Below `low_score` a model is unsure; `chance`, from 0 to 1, is new each time."""

    reviewer: int
    low_score: float
    chance: float


class Policy(Protocol):
    """A plugin in `bot.store.policies`."""

    ORDER: int

    def replies(self, wish: Wish) -> Select[int]:
        """Return a query for ids of replies that nobody has reviewed, the most wanted first."""
        ...


async def next_reply(connection: AsyncConnection, wish: Wish, policy: str = "") -> tuple[int, str] | None:
    """Return the next reply and the policy that found it; `None` when there is nothing to review.

    Without a `policy` all are asked in their order. Raises `SettingsError` for one that does not exist.
    """
    if policy and policy not in all_policies():
        raise SettingsError(f"There is no policy {policy!r}. Known are: {', '.join(all_policies())}.")
    for name, plugin in all_policies().items():
        if policy in ("", name):
            found = (await connection.execute(plugin.replies(wish).limit(1))).scalars().first()
            if found is not None:
                return found, name
    return None


@cache
def all_policies() -> Mapping[str, Policy]:
    """Return the policies by name, in the order in which they are asked."""
    found = {name: cast("Policy", load_plugin(policies, name)) for name in plugin_names(policies)}
    return dict(sorted(found.items(), key=lambda one: one[1].ORDER))


def reviewable() -> tuple[ColumnElement[bool], ...]:
    """Replies that a person has read and that still say something."""
    return (
        TurnRow.speaker == Speaker.BOT,
        TurnRow.kind == Kind.TEXT,
        TurnRow.state.not_in(UNSEEN),
        TurnRow.responder != COMMANDS,
        TurnRow.removed_at.is_(None),
    )


def open_to(reviewer: int) -> tuple[ColumnElement[bool], ...]:
    """Replies that nobody has reviewed, that the reviewer has not put off, and that are not somebody else's."""
    reviewed = exists().where(ReviewRow.turn_id == TurnRow.id, ReviewRow.replaced_at.is_(None), ReviewRow.reviewed)
    mark = MarkRow.conversation_id == TurnRow.conversation_id
    others = exists().where(mark, MarkRow.assignee_id.is_not(None), MarkRow.assignee_id != reviewer)
    done = exists().where(mark, MarkRow.reviewed_at.is_not(None))
    return (*reviewable(), ~reviewed, ~mine(reviewer), ~others, ~done)


def mine(reviewer: int) -> Exists:
    """Whether the reviewer has said something of the reply already, if only that it can wait."""
    return exists().where(
        ReviewRow.turn_id == TurnRow.id, ReviewRow.replaced_at.is_(None), ReviewRow.reviewer_id == reviewer
    )


def around(where: Sequence[ColumnElement[bool]], chance: float, count: int) -> Select[int]:
    """Return a query for ids of so many turns from a place by chance on, then from the first on.

    Each half follows the primary key and stops, so it is quick however many turns there are.
    """
    newest = select(func.max(TurnRow.id)).scalar_subquery()
    place = (newest * chance).cast(BigInteger)  # compared with a fraction, ids would not be looked up in their index
    ids = select(TurnRow.id).where(*where).order_by(TurnRow.id).limit(count)
    halves = (ids.where(TurnRow.id >= place).subquery(), ids.subquery())
    both = union_all(*(select(half.c.id, literal(at).label("half")) for at, half in enumerate(halves))).subquery()
    return select(both.c.id).group_by(both.c.id).order_by(func.min(both.c.half), both.c.id)
