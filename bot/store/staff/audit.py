"""The audit log: who looked at what, and who changed what. Rows are added, and go when their time is over."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.staff import User
from bot.store.clock import db_now
from bot.store.tables.staff import AuditRow


async def note(
    connection: AsyncConnection,
    user: User | None,
    action: str,
    subject: str = "",
    detail: Mapping[str, object] | None = None,
    client: str = "",
) -> None:
    """Add a row in the caller's transaction, so that a change and its note are stored together or not at all.

    `detail` holds numbers, names and settings, never what people said: an erased person must not live on here.
    """
    row = {
        "at": db_now(),
        "user_id": user.id if user else None,
        "user_name": user.name if user else "",
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
        "client": client,
    }
    await connection.execute(insert(AuditRow).values(row))
