"""Keeps the sessions of users. The token itself is only in the browser's cookie; here is its SHA-256."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.staff import Role, Session, User
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.tables.staff import DeviceRow, SessionRow, UserRow

TABLE, USERS, DEVICES = SessionRow.__table__, UserRow.__table__, DeviceRow.__table__
YEAR = 31_536_000
"""Seconds for which a browser keeps the mark by which we know it."""
TOUCH = 60.0
"""Seconds between two notes that a session is in use: reading a page does not always write."""


def digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def new_token() -> str:
    """Return 256 random bits."""
    return secrets.token_urlsafe(32)


class Sessions:
    """Begins, finds and ends sessions: over after `idle` seconds without a request, and after `longest` in any case.

    Each method raises `StoreDown`.
    """

    def __init__(self, database: Database, idle: float, longest: float) -> None:
        self._database = database
        self._idle = idle
        self._longest = longest

    async def find(self, token: str) -> Session | None:
        """Return the session of this token while it lasts and its user is not disabled, and note that it is in use."""
        wanted = self._lasting().where(TABLE.c.digest == digest(token))
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).first()
        if row is None:
            return None
        if row.idle > TOUCH:
            async with self._database.begin() as connection:
                await connection.execute(update(SessionRow).where(TABLE.c.id == row.session).values(seen_at=db_now()))
        return _read(row)

    async def of(self, user: int | None = None) -> Sequence[Session]:
        """Return the sessions that last, of one user or of all, the one used last first."""
        wanted = self._lasting().order_by(TABLE.c.seen_at.desc())
        async with self._database.read() as connection:
            rows = await connection.execute(wanted.where(TABLE.c.user_id == user) if user is not None else wanted)
            return [_read(row) for row in rows]

    async def flash(self, session: int, messages: Sequence[object]) -> None:
        """Keep what the next page is to tell."""
        text = json.dumps(list(messages)) if messages else ""
        async with self._database.begin() as connection:
            await connection.execute(update(SessionRow).where(TABLE.c.id == session).values(flash=text))

    def _lasting(self) -> Select[Any]:
        columns = (
            TABLE.c.id.label("session"),
            TABLE.c.began_at,
            TABLE.c.seen_at,
            TABLE.c.agent,
            TABLE.c.client,
            TABLE.c.flash,
            (db_now() - TABLE.c.seen_at).label("idle"),
        )
        user = (USERS.c.id, USERS.c.name, USERS.c.role, USERS.c.language, USERS.c.zone)
        return (
            select(*columns, *user)
            .join_from(TABLE, USERS, TABLE.c.user_id == USERS.c.id)
            .where(
                USERS.c.disabled_at.is_(None),
                TABLE.c.seen_at > db_now() - self._idle,
                TABLE.c.began_at > db_now() - self._longest,
            )
        )


async def begin_session(connection: AsyncConnection, user: int, device: str, agent: str, client: str) -> str:
    """Store a new session and that the device is known now; return the session's token."""
    token, now = new_token(), db_now()
    row = {"digest": digest(token), "user_id": user, "began_at": now, "seen_at": now, "flash": ""}
    await connection.execute(insert(SessionRow).values(**row, agent=agent[:300], client=client))
    known = upsert(connection, DeviceRow).values(digest=digest(device), user_id=user, at=now)
    await connection.execute(known.on_conflict_do_update(index_elements=["digest", "user_id"], set_={"at": now}))
    return token


async def end_sessions(
    connection: AsyncConnection, user: int, only: int | None = None, but: int | None = None, devices: bool = False
) -> int:
    """End one session of a user (`only`), or all (`but` one); return how many. `devices` forgets those known, too."""
    ended = delete(SessionRow).where(TABLE.c.user_id == user)
    ended = ended.where(TABLE.c.id == only) if only is not None else ended
    ended = ended.where(TABLE.c.id != but) if but is not None else ended
    if devices:
        await connection.execute(delete(DeviceRow).where(DEVICES.c.user_id == user))
    return (await connection.execute(ended)).rowcount


async def knows_device(connection: AsyncConnection, user: int, device: str) -> bool:
    known = select(DEVICES.c.at).where(DEVICES.c.digest == digest(device), DEVICES.c.user_id == user)
    return (await connection.execute(known)).first() is not None


async def sweep_sessions(connection: AsyncConnection, idle: float, longest: float) -> int:
    """Remove sessions that are over; return how many."""
    over = or_(TABLE.c.seen_at <= db_now() - idle, TABLE.c.began_at <= db_now() - longest)
    return (await connection.execute(delete(SessionRow).where(over))).rowcount


async def sweep_devices(connection: AsyncConnection) -> int:
    """Forget the browsers in which nobody has signed in for as long as their cookie lasts; return how many."""
    return (await connection.execute(delete(DeviceRow).where(DEVICES.c.at <= db_now() - YEAR))).rowcount


def _read(row: Row[Any]) -> Session:
    user = User(row.id, row.name, Role(row.role), row.language, row.zone)
    return Session(row.session, user, row.began_at, row.seen_at, row.agent, row.client, row.flash)
