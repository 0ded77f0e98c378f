"""Deliveries that could not be used, with their first 4 kB."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import db_now
from bot.store.tables import RejectRow

DAYS = 30
LEAST = 1


async def count(connection: AsyncConnection, age: float) -> int:
    old = select(func.count()).select_from(RejectRow).where(RejectRow.at < db_now() - age)
    return (await connection.execute(old)).scalar_one()


async def remove(connection: AsyncConnection, age: float, most: int) -> int:
    old = select(RejectRow.id).where(RejectRow.at < db_now() - age).limit(most)
    return (await connection.execute(delete(RejectRow).where(RejectRow.id.in_(old)))).rowcount
