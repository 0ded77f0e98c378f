"""Secrets of others: sealed in the database, opened with the owner's key only."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from bot.errors import SettingsError
from bot.store.database import Database
from bot.store.vault import Vault, VaultSettings

NEW, OLD = "n" * 32, "o" * 32


def vault(database: Database, key: str | None = NEW) -> Vault:
    return Vault(database, VaultSettings(key=None if key is None else SecretStr(key)))


async def test_a_secret_comes_back_and_is_nowhere_in_the_database(database: Database) -> None:
    safe = vault(database)
    assert await safe.get("slack:bot:T1") is None
    await safe.put("slack:bot:T1", "xoxb-very-secret")
    await safe.put("slack:bot:T1", "xoxb-newer-secret")
    assert await safe.get("slack:bot:T1") == "xoxb-newer-secret"
    async with database.read() as connection:
        [(sealed,)] = (await connection.execute(text("SELECT sealed FROM secrets"))).all()
    assert b"xoxb" not in bytes(sealed)
    assert (await safe.drop("slack:bot:T1"), await safe.drop("slack:bot:T1")) == (True, False)


async def test_a_key_can_be_changed(database: Database) -> None:
    await vault(database, OLD).put("a", "one")
    assert await vault(database, f"{NEW}, {OLD}").get("a") == "one"
    await vault(database, f"{NEW}, {OLD}").put("a", "two")
    assert await vault(database, NEW).get("a") == "two"


async def test_another_key_and_no_key_are_told(database: Database) -> None:
    await vault(database, OLD).put("a", "one")
    with pytest.raises(SettingsError, match="the old key behind it"):
        await vault(database, NEW).get("a")
    with pytest.raises(SettingsError, match="PALAVER_VAULT_KEY is missing"):
        await vault(database, None).get("a")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 characters"):
        VaultSettings(key=SecretStr("short"))
