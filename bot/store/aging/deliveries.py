"""Digests of what was accepted: with them a second delivery is harmless. Platforms repeat for a day at most."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import db_now
from bot.store.tables import SeenRow

DAYS = 90
LEAST = 7


async def count(connection: AsyncConnection, age: float) -> int:
    old = select(func.count()).select_from(SeenRow).where(SeenRow.at < db_now() - age)
    return (await connection.execute(old)).scalar_one()


async def remove(connection: AsyncConnection, age: float, most: int) -> int:
    old = select(SeenRow.digest).where(SeenRow.at < db_now() - age).limit(most)
    return (await connection.execute(delete(SeenRow).where(SeenRow.digest.in_(old)))).rowcount
