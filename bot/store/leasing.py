"""T1 and T5: who owns a conversation. A lease on the database's clock, and a fence that old owners cannot pass."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Executable, bindparam, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Fenced
from bot.messages import Speaker, State
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.tables import ConversationRow, PartRow, TurnRow

LEASE = 15.0
"""Seconds a conversation stays with an owner that says nothing."""

WAITING = ("ready", "sending", "unsure")
"""States of a part that still has to be sent."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a conversation, until somebody else has a higher fence."""

    conversation: int
    fence: int
    attempts: int
    unsent: bool = False
    """Whether parts of earlier replies wait to be sent."""


class Leases:
    """Hands conversations to owners, one at a time each."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    async def claim(self, besides: Collection[int] = ()) -> Claim | None:
        """Take the conversation that has waited longest, or `None`. Counts an attempt. Raises `StoreDown`.

        None of those in `besides`, whatever their lease says.
        """
        ours = {"ours": list(besides)} if besides else {}
        taking = _take(some_are_ours=bool(besides))
        async with self._database.begin() as connection:
            found = (await connection.execute(taking, {"the_owner": self._owner, **ours})).first()
        return Claim(*found) if found else None

    async def extend(self, claim: Claim) -> int:
        """Keep the claim alive; return the number before which replies should stop. Raises `Fenced`, `StoreDown`."""
        async with self._database.begin() as connection:
            return await hold(connection, claim)

    async def release(self, claim: Claim, *, in_order: bool = True) -> None:
        """Let go and say when the conversation is next due. Raises `Fenced`, `StoreDown`.

        A claim that ended `in_order` is no failed attempt, also when nothing could be sent or answered yet.
        """
        async with self._database.begin() as connection:
            await hold(connection, claim)
            row = ConversationRow
            values: dict[str, object] = {"owner": None, "lease_until": None, "due_at": _next_due(claim.conversation)}
            if in_order:
                values["attempts"] = 0
            await connection.execute(update(row).where(row.id == claim.conversation).values(**values))

    async def evict(self) -> int:
        """End every lease and return how many: for a database that nobody else can be using. Raises `StoreDown`."""
        row = ConversationRow
        dead = update(row).where(row.lease_until.is_not(None))
        dead = dead.values(owner=None, lease_until=None, fence=row.fence + 1)
        async with self._database.begin() as connection:
            return (await connection.execute(dead)).rowcount


async def hold(connection: AsyncConnection, claim: Claim) -> int:
    """Lock the conversation for this transaction if the claim is still good, and renew the lease.

    Returns `stop_seq`. Raises `Fenced`; then the transaction changes nothing.
    """
    mine = {"the_conversation": claim.conversation, "the_fence": claim.fence}
    stop_seq: int | None = (await connection.execute(_renew(), mine)).scalar()
    if stop_seq is None:
        raise Fenced(f"conversation {claim.conversation} has another owner")
    return stop_seq


@cache
def _renew() -> Executable:
    """Made once: every transaction of an owner begins with it."""
    row = ConversationRow
    mine = (row.id == bindparam("the_conversation"), row.fence == bindparam("the_fence"), row.lease_until.is_not(None))
    return update(row).where(*mine).values(lease_until=db_now() + LEASE).returning(row.stop_seq)


@cache
def _take(*, some_are_ours: bool) -> Executable:
    """Made once, too: every process asks again and again."""
    row = ConversationRow
    free = or_(row.lease_until.is_(None), row.lease_until < db_now())
    head = select(row.id).where(row.due_at <= db_now(), free).order_by(row.due_at).limit(1)
    if some_are_ours:
        head = head.where(row.id.not_in(bindparam("ours", expanding=True)))
    head = head.with_for_update(skip_locked=True)
    taken = {
        "owner": bindparam("the_owner"),
        "fence": row.fence + 1,
        "lease_until": db_now() + LEASE,
        "attempts": row.attempts + 1,
        "left_behind": or_(row.left_behind, row.live.is_(None)),
        "live": func.coalesce(row.live, ""),
    }
    statement = update(row).where(row.id == head.scalar_subquery()).values(**taken)
    return statement.returning(row.id, row.fence, row.attempts, _unsent())


def _unsent() -> ColumnElement[bool]:
    """Whether parts of the conversation wait, as a column of RETURNING.

    There SQLite gets no table names: a plain `id` inside EXISTS would be that of the part. So the parts go by a name
    that conversations have not, and have no other column.
    """
    waiting = select(PartRow.conversation_id.label("waits")).where(PartRow.state.in_(WAITING)).subquery()
    return exists().where(waiting.c.waits == ConversationRow.id).correlate(ConversationRow)


def _next_due(conversation: int) -> object:
    """When the head of the outbox may be sent; else now, if messages are open; else never.

    Runs after `hold` has locked the row, so a message accepted meanwhile is seen.
    """
    head = (
        select(PartRow.not_before)
        .where(PartRow.conversation_id == conversation, PartRow.state.in_(WAITING))
        .order_by(PartRow.turn_id, PartRow.number)
        .limit(1)
        .scalar_subquery()
    )
    opened = exists().where(
        TurnRow.conversation_id == conversation, TurnRow.state == State.OPEN, TurnRow.speaker == Speaker.USER
    )
    return func.coalesce(head, case((opened, db_now()), else_=None))
