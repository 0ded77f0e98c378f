"""Alembic's entry: runs on a connection that `bot.store.revisions` hands over, or opens the configured database."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection

from bot.store.database import StoreSettings, open_database
from bot.store.revisions import COMPARED, metadata


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        **COMPARED,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    database = open_database(StoreSettings.load())
    async with database.begin() as connection:
        await connection.run_sync(migrate)
    await database.close()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    asyncio.run(connect_and_migrate())
