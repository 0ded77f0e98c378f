"""What a person of the team should look at. Raised in the transaction in which it happens, so it is never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Address, Speaker
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.placing import place
from bot.store.speaking import Words, speak
from bot.store.tables import ConversationRow
from bot.store.tables.alerts import AlertRow

RESPONDER = "alert"
"""The turns that tell of an alert bear this name, so that no model takes them for what it said."""


class Kind(StrEnum):
    """What happened."""

    HANDED_OVER = "handed_over"
    """Nobody answered, or a person was asked for."""
    HELD = "held"
    """A reply was sent once and not confirmed; it is not sent again."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to look at. `times` counts how often it happened since it was raised."""

    id: int
    conversation: int
    kind: Kind
    reason: str
    times: int
    at: datetime
    last_at: datetime
    channel: str
    language: str
    taken_by: str = ""


async def raise_alert(connection: AsyncConnection, conversation: int, kind: Kind, reason: str) -> None:
    """Raise it, or count one that is open. Where one of the team answers already, there is nobody left to tell."""
    row = ConversationRow
    taken = await connection.execute(select(row.taken_by).where(row.id == conversation))
    if taken.scalar() is not None:
        return
    now = db_now()
    new = {"conversation_id": conversation, "kind": kind, "reason": reason[:200], "times": 1, "at": now, "last_at": now}
    statement = upsert(connection, AlertRow).values(**new)
    statement = statement.on_conflict_do_update(
        index_elements=["conversation_id", "kind"],
        index_where=AlertRow.closed_at.is_(None),
        set_={"times": AlertRow.times + 1, "last_at": now, "reason": reason[:200]},
    )
    await connection.execute(statement)


async def close_alerts(connection: AsyncConnection, conversation: int, by: str) -> None:
    """Close what is open of a conversation: `by` looks after it. Runs inside the caller's transaction."""
    opened = update(AlertRow).where(AlertRow.conversation_id == conversation, AlertRow.closed_at.is_(None))
    await connection.execute(opened.values(closed_at=db_now(), closed_by=by))


async def close_alert(connection: AsyncConnection, alert: int, by: str) -> bool:
    """Say that it was looked at; return whether it was open. Runs inside the caller's transaction."""
    row = AlertRow
    done = update(row).where(row.id == alert, row.closed_at.is_(None)).values(closed_at=db_now(), closed_by=by)
    return bool((await connection.execute(done)).rowcount)


class Alerts:
    """The open alerts, and who was told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, most: int = 200) -> Sequence[Alert]:
        """Return the open ones, newest first. Raises `StoreDown`."""
        return await self._find(AlertRow.closed_at.is_(None), AlertRow.last_at.desc(), most)

    async def untold(self, again: float, most: int = 200) -> Sequence[Alert]:
        """Return open ones that nobody was told of, or that went on happening `again` seconds after it was told.

        Oldest first. Raises `StoreDown`.
        """
        return await self._find(_untold(again), AlertRow.last_at, most)

    async def tell(self, alerts: Sequence[Alert], again: float, said: Sequence[tuple[Address, Sequence[str]]]) -> bool:
        """Put what is said of them, in pieces for each address, into the outbox, once; say whether it was us.

        Another process may have been quicker. Raises `StoreDown`.
        """
        ids = [alert.id for alert in alerts]
        mine = update(AlertRow).where(AlertRow.id.in_(ids), _untold(again)).values(told_at=db_now())
        async with self._database.begin() as connection:
            if (await connection.execute(mine)).rowcount == 0:
                return False
            for address, pieces in said:
                conversation, _ = await place(connection, address)
                kinds = sorted({alert.kind for alert in alerts})
                words = Words(Speaker.BOT, "".join(pieces), RESPONDER, reason=", ".join(kinds))
                await speak(connection, conversation, words, pieces)
        return True

    async def _find(self, where: ColumnElement[bool], order: Any, most: int) -> Sequence[Alert]:
        owner = ConversationRow
        statement = (
            select(AlertRow.__table__, owner.channel, owner.language, owner.taken_by)
            .join(owner, owner.id == AlertRow.conversation_id)
            .where(where)
            .order_by(order)
            .limit(most)
        )
        async with self._database.read() as connection:
            return [_read(row) for row in await connection.execute(statement)]


def _untold(again: float) -> ColumnElement[bool]:
    row = AlertRow
    repeated = (row.told_at < row.last_at) & (row.told_at < db_now() - again)
    return row.closed_at.is_(None) & or_(row.told_at.is_(None), repeated)


def _read(row: Row[Any]) -> Alert:
    return Alert(
        row.id,
        row.conversation_id,
        Kind(row.kind),
        row.reason,
        row.times,
        datetime.fromtimestamp(row.at, UTC),
        datetime.fromtimestamp(row.last_at, UTC),
        row.channel,
        row.language,
        row.taken_by or "",
    )
