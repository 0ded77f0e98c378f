"""Keeps secrets in the database, encrypted (Fernet: AES-128-CBC with HMAC-SHA256) with a key of the owner's."""

from __future__ import annotations

import base64
import hashlib
from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr, field_validator
from sqlalchemy import delete, select

from bot.errors import SettingsError
from bot.settings import Section
from bot.store.clock import db_now
from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.tables.vault import SecretRow

SHORTEST = 32


class VaultSettings(Section, table="vault", env_prefix="PALAVER_VAULT_", env_ignore_empty=True):
    """`key` seals secrets. Several, with commas between: the first seals, each opens, so that keys can be changed."""

    key: SecretStr | None = None

    @field_validator("key")
    @classmethod
    def _long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and any(len(key) < SHORTEST for key in _keys(value)):
            raise ValueError(f"must have {SHORTEST} characters or more. `openssl rand -hex 32` makes one")
        return value


class Vault:
    """The secrets of this database. Every method raises `StoreDown`, and `SettingsError` where there is no key."""

    def __init__(self, database: Database, settings: VaultSettings) -> None:
        self._database = database
        self._settings = settings

    async def put(self, name: str, text: str) -> None:
        """Keep a secret; an older one of this name is gone."""
        values = {"name": name, "sealed": self._cipher.encrypt(text.encode()), "at": db_now()}
        async with self._database.begin() as connection:
            kept = upsert(connection, SecretRow).values(**values)
            changed = {"sealed": values["sealed"], "at": db_now()}
            await connection.execute(kept.on_conflict_do_update(index_elements=["name"], set_=changed))

    async def get(self, name: str) -> str | None:
        """Return the secret, `None` where there is none. Raises `SettingsError` where another key sealed it."""
        cipher = self._cipher
        async with self._database.read() as connection:
            found = await connection.execute(select(SecretRow.sealed).where(SecretRow.name == name))
            sealed = found.scalar()
        if sealed is None:
            return None
        try:
            return cipher.decrypt(sealed).decode()
        except InvalidToken:
            raise SettingsError(
                "PALAVER_VAULT_KEY is not the key that sealed the secrets. Put the old key behind it, with a comma."
            ) from None

    async def drop(self, name: str) -> bool:
        """Forget a secret; return whether it was there."""
        async with self._database.begin() as connection:
            return (await connection.execute(delete(SecretRow).where(SecretRow.name == name))).rowcount > 0

    @cached_property
    def _cipher(self) -> MultiFernet:
        if self._settings.key is None:
            raise SettingsError("PALAVER_VAULT_KEY is missing; it seals tokens. `openssl rand -hex 32` makes one.")
        return MultiFernet([Fernet(_stretched(key)) for key in _keys(self._settings.key)])


def _keys(value: SecretStr) -> list[str]:
    return [key.strip() for key in value.get_secret_value().split(",") if key.strip()]


def _stretched(key: str) -> bytes:
    """Keys are random and long (see `SHORTEST`), so one hash is enough to give them the form that Fernet wants."""
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())
