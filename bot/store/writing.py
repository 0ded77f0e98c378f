"""Keeps how models wrote replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Writing
from bot.store.tables import WritingRow


async def keep_writings(connection: AsyncConnection, writings: Mapping[int, Writing]) -> None:
    """Store the writings of replies, which are named by their turns. Runs inside the caller's transaction."""
    measured = [{"turn_id": turn, **_measured(writing)} for turn, writing in writings.items()]
    if measured:
        await connection.execute(insert(WritingRow).values(measured))


def _measured(writing: Writing) -> dict[str, object]:
    return {name: value for name, value in asdict(writing).items() if name in WritingRow.__table__.columns}
