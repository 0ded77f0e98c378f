"""Real databases for every test that asks for one, and no limit of time for an example: machines may be busy."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy import text

from bot.store.database import Database, StoreSettings, open_database
from bot.store.revisions import metadata, upgrade

if TYPE_CHECKING:
    from playwright.async_api import Browser

POSTGRES = os.environ.get("PALAVER_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")

# `make fuzz` asks for more examples.
settings.register_profile("patient", deadline=None, max_examples=int(os.environ.get("PALAVER_TEST_EXAMPLES", "50")))
settings.load_profile("patient")


SLOW = ("acceptance", "browser", "integration/broker")
"""Folders whose tests start whole bots, workers, brokers and browsers."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def settings_of_the_test_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads the settings of whoever runs it, nor writes into the checkout."""
    for name in list(os.environ):
        if name.startswith("PALAVER_") and not name.startswith("PALAVER_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """A database of this test process, dropped at the end. Skips where no PostgreSQL answers."""
    import asyncio  # noqa: PLC0415 - only for this bridge

    name = f"palaver_test_{os.getpid()}_{worker_id}"

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(POSTGRES, timeout=5)
        await connection.execute(statement)
        await connection.close()

    try:
        asyncio.run(run(f"CREATE DATABASE {name}"))
    except (OSError, asyncpg.PostgresError) as error:
        pytest.skip(f"no PostgreSQL at PALAVER_TEST_POSTGRES: {error}")
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    asyncio.run(run(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A real browser. Skips where there is none."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - not where the action server's tests run

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Once an SQLite file, once the PostgreSQL database of this process."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty database at the newest revision: once SQLite, once PostgreSQL."""
    opened = open_database(StoreSettings(url=database_url))
    await upgrade(opened)
    if not opened.embedded:
        names = ", ".join(table.name for table in metadata().sorted_tables)
        async with opened.begin() as connection:
            await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    yield opened
    await opened.close()
