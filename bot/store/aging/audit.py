"""Lines of the audit log."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import db_now
from bot.store.tables.staff import AuditRow

DAYS = None
LEAST = 30


async def count(connection: AsyncConnection, age: float) -> int:
    old = select(func.count()).select_from(AuditRow).where(AuditRow.at < db_now() - age)
    return (await connection.execute(old)).scalar_one()


async def remove(connection: AsyncConnection, age: float, most: int) -> int:
    old = select(AuditRow.id).where(AuditRow.at < db_now() - age).limit(most)
    return (await connection.execute(delete(AuditRow).where(AuditRow.id.in_(old)))).rowcount
