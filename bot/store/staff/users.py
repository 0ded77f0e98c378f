"""Keeps the users of the admin pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.staff import Role, User
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.tables.staff import UserRow

TABLE = UserRow.__table__


def name_key(name: str) -> str:
    """Return the name as it is compared: nobody can call themselves ＡＮＮ beside Ann."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


class Users:
    """Finds and counts users. Each method raises `StoreDown`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self) -> int:
        async with self._database.read() as connection:
            return (await connection.execute(select(func.count()).select_from(TABLE))).scalar_one()

    async def every(self) -> Sequence[User]:
        """Return all users in the order of their names."""
        async with self._database.read() as connection:
            return [read_user(row) for row in await connection.execute(select(TABLE).order_by(TABLE.c.key))]

    async def find(self, user: int) -> User | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(TABLE).where(TABLE.c.id == user))).first()
        return read_user(row) if row else None

    async def secret(self, name: str) -> tuple[User, str] | None:
        """Return the user of this name and the hash of the password, unless the user is disabled."""
        wanted = select(TABLE).where(TABLE.c.key == name_key(name), TABLE.c.disabled_at.is_(None))
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).first()
        return (read_user(row), row.password) if row else None


async def add_user(connection: AsyncConnection, name: str, password: str, role: Role, language: str = "") -> int:
    """Store a user and return the id. Raises `IntegrityError` when the name is taken."""
    row = {
        "name": name,
        "key": name_key(name),
        "password": password,
        "role": role.value,
        "language": language,
        "zone": "",
        "created_at": db_now(),
    }
    return int((await connection.execute(insert(UserRow).values(row).returning(TABLE.c.id))).scalar_one())


async def name_taken(connection: AsyncConnection, name: str) -> bool:
    found = await connection.execute(select(TABLE.c.id).where(TABLE.c.key == name_key(name)))
    return found.first() is not None


async def change_user(connection: AsyncConnection, user: int, **values: object) -> None:
    """Set columns of a user: `role`, `language`, `zone`, `password`, `disabled_at`."""
    await connection.execute(update(UserRow).where(TABLE.c.id == user).values(**values))


async def admins(connection: AsyncConnection) -> set[int]:
    """Return who could still let others in, and keep it so until the transaction ends."""
    able = select(TABLE.c.id).where(TABLE.c.role == Role.ADMIN.value, TABLE.c.disabled_at.is_(None))
    return set((await connection.execute(able.with_for_update())).scalars())


def read_user(row: Row[Any]) -> User:
    return User(row.id, row.name, Role(row.role), row.language, row.zone, row.disabled_at is not None)
