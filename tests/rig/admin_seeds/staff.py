"""A user with a session, an invitation, and a line of the audit log."""

from __future__ import annotations

import json

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.staff import Role
from bot.store.clock import db_now
from bot.store.staff.invitations import invite
from bot.store.tables.staff import AuditRow, InvitationRow, SessionRow, UserRow
from tests.rig.admin_seeds import Found, put


async def sow(connection: AsyncConnection, words: str, found: Found) -> None:
    user = await put(connection, UserRow, words, role="viewer", language="", disabled_at=None)
    now = db_now()
    session = await put(connection, SessionRow, words, user_id=int(user), began_at=now, seen_at=now, flash="")
    await put(connection, AuditRow, words, user_id=int(user), detail=json.dumps({"words": words}), at=now)
    token = await invite(connection, Role.VIEWER, words)
    invitations = await connection.execute(select(func.max(InvitationRow.id)))
    found |= {"user": user, "session": session, "token": token, "invitation": str(invitations.scalar_one())}
