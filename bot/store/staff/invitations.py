"""Keeps invitations: a link that lets one person choose a name and a password, once. Only its digest is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.staff import Role
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.staff.sessions import digest, new_token
from bot.store.tables.staff import InvitationRow

TABLE = InvitationRow.__table__
DAYS = 7


@dataclass(frozen=True, slots=True)
class Invitation:
    """One that was not used yet. Times are seconds since 1970."""

    id: int
    role: Role
    note: str
    created_at: float
    expires_at: float


class Invitations:
    """Finds invitations that can still be used. Each method raises `StoreDown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self) -> Sequence[Invitation]:
        """Return those that can be used, the newest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(_usable().order_by(TABLE.c.id.desc()))
            return [_read(row) for row in rows]

    async def find(self, token: str) -> Invitation | None:
        async with self._database.read() as connection:
            row = (await connection.execute(_usable().where(TABLE.c.digest == digest(token)))).first()
        return _read(row) if row else None


async def invite(connection: AsyncConnection, role: Role, note: str = "", by: int | None = None) -> str:
    """Store an invitation and return its token, good for `DAYS` days."""
    token, now = new_token(), db_now()
    row = {"digest": digest(token), "role": role.value, "note": note, "invited_by": by, "created_at": now}
    await connection.execute(insert(InvitationRow).values(**row, expires_at=now + DAYS * 86400.0))
    return token


async def use_invitation(connection: AsyncConnection, token: str) -> Invitation | None:
    """Mark it used and return it; `None` when it cannot be used: of two at the same moment one gets it."""
    usable = (TABLE.c.digest == digest(token), TABLE.c.used_at.is_(None), TABLE.c.expires_at > db_now())
    row = (
        await connection.execute(update(InvitationRow).where(*usable).values(used_at=db_now()).returning(TABLE))
    ).first()
    return _read(row) if row else None


async def withdraw(connection: AsyncConnection, invitation: int) -> bool:
    """Remove one that was not used; say whether there was one."""
    unused = delete(InvitationRow).where(TABLE.c.id == invitation, TABLE.c.used_at.is_(None))
    return (await connection.execute(unused)).rowcount > 0


def _usable() -> Select[Any]:
    return select(TABLE).where(TABLE.c.used_at.is_(None), TABLE.c.expires_at > db_now())


def _read(row: Row[Any]) -> Invitation:
    return Invitation(row.id, Role(row.role), row.note, row.created_at, row.expires_at)


async def sweep_invitations(connection: AsyncConnection) -> int:
    """Remove those that nobody can use any more; return how many."""
    over = or_(TABLE.c.used_at.is_not(None), TABLE.c.expires_at <= db_now())
    return (await connection.execute(delete(InvitationRow).where(over))).rowcount
