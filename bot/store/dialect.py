"""The two places where SQLite and PostgreSQL need other words for the same thing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def upsert(connection: AsyncConnection, table: Any) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT."""
    return upsert_for(connection.dialect.name, table)


def upsert_for(dialect: str, table: Any) -> sqlite.Insert | postgresql.Insert:
    """Return the same for a dialect by its name, for statements that are made once and kept."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
