"""The admin pages on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from bot.store.database import Database
from tests.rig.admin import Office, open_office


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)
