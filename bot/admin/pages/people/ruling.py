"""Changes what others may do. One admin who can sign in always remains."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from bot.admin.errors import Refused, not_there
from bot.admin.pages.people.inviting import read_role
from bot.admin.visit import Visit
from bot.staff import User
from bot.store.clock import db_now
from bot.store.staff.sessions import end_sessions
from bot.store.staff.users import Users, admins, change_user


async def change_role(visit: Visit) -> Response:
    user, role = await _user(visit), await read_role(visit)
    async with visit.change("user.role_changed", f"user {user.id}", role=role.value) as connection:
        await change_user(connection, user.id, role=role.value)
        await _keep_an_admin(connection)
    visit.flash("people.role_changed", name=user.name, role=visit.say(f"role.{role}"))
    return visit.go("/people")


async def disable(visit: Visit) -> Response:
    """Let a user in no more, and end the sessions."""
    user = await _user(visit)
    async with visit.change("user.disabled", f"user {user.id}") as connection:
        await change_user(connection, user.id, disabled_at=db_now())
        await end_sessions(connection, user.id, devices=True)
        await _keep_an_admin(connection)
    visit.flash("people.disabled", name=user.name)
    return visit.go("/people")


async def enable(visit: Visit) -> Response:
    user = await _user(visit)
    async with visit.change("user.enabled", f"user {user.id}") as connection:
        await change_user(connection, user.id, disabled_at=None)
    visit.flash("people.enabled", name=user.name)
    return visit.go("/people")


async def end_session(visit: Visit) -> Response:
    number = visit.request.path_params["session"]
    session = next((one for one in await visit.sessions.of() if one.id == number), None)
    if session is None:
        raise not_there()
    async with visit.change("session.revoked", f"user {session.user.id}") as connection:
        await end_sessions(connection, session.user.id, only=number)
    visit.flash("people.sessions.ended", name=session.user.name)
    return visit.go("/people")


async def _user(visit: Visit) -> User:
    user = await Users(visit.database).find(visit.request.path_params["user"])
    if user is None:
        raise not_there()
    return user


async def _keep_an_admin(connection: AsyncConnection) -> None:
    """Raise `Refused`, which undoes the change, when nobody would be left to let others in."""
    if not await admins(connection):
        raise Refused(409, "people.last_admin")
