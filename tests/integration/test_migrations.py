from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import inspect, text

from bot.errors import SettingsError
from bot.store import revisions
from bot.store.database import Database
from tests.rig.admin_seeds import sow_all


async def tables(database: Database) -> set[str]:
    async with database.read() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_the_migrated_database_has_exactly_the_tables_of_the_code(database: Database) -> None:
    assert await revisions.drift(database) == []
    assert await revisions.current(database) == revisions.newest()


async def test_migrations_run_down_and_up_again(database: Database) -> None:
    await revisions.downgrade(database, "base")
    assert not await tables(database) & set(revisions.metadata().tables)
    await revisions.upgrade(database)
    assert set(revisions.metadata().tables) <= await tables(database)
    assert await revisions.drift(database) == []


async def test_a_database_in_use_goes_down_to_the_first_revision_and_up_again(
    database: Database,
) -> None:
    await sow_all(database, "a heron named Ottoline")
    before = await said(database)
    await revisions.downgrade(database, "0001")
    await revisions.upgrade(database)
    assert await revisions.drift(database) == []
    assert await said(database) == before
    await sow_all(database, "and another one")


async def said(database: Database) -> list[str]:
    async with database.read() as connection:
        return list(await connection.scalars(text("SELECT text FROM turns ORDER BY id")))


async def test_processes_that_start_together_do_not_disturb_one_another(database: Database) -> None:
    await revisions.downgrade(database, "base")
    await asyncio.gather(*(revisions.upgrade(database) for _ in range(4)))
    assert await revisions.drift(database) == []


async def test_a_database_from_a_newer_version_is_refused_with_a_sentence(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(SettingsError, match="9999"):
            await revisions.upgrade(database)
    finally:
        async with database.begin() as connection:
            await connection.execute(text(f"UPDATE alembic_version SET version_num = '{revisions.newest()}'"))
