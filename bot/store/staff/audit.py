"""The audit log: who looked at what, and who changed what. Rows are added, and go when their time is over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, insert, select
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


def audit_rows(
    user: int | None = None,
    action: str = "",
    subject: str = "",
    since: float | None = None,
    before: float | None = None,
) -> Select[Any]:
    """Return a query of the lines that fit. Of the subject the beginning is enough: `conversation`."""
    row = AuditRow.__table__.c
    query = select(AuditRow.__table__)
    query = query.where(row.user_id == user) if user is not None else query
    query = query.where(row.action == action) if action else query
    query = query.where(row.subject.startswith(subject, autoescape=True)) if subject else query
    query = query.where(row.at >= since) if since is not None else query
    return query.where(row.at < before) if before is not None else query


async def audit_actions(connection: AsyncConnection) -> Sequence[str]:
    """Return the actions that the log knows, in order."""
    return list((await connection.execute(select(AuditRow.action).distinct().order_by(AuditRow.action))).scalars())
