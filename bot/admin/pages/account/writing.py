"""Changes what users may change about themselves."""

from __future__ import annotations

import re

from starlette.responses import Response

from bot.admin.errors import Refused
from bot.admin.pages.account.reading import account
from bot.admin.passwords import weakness
from bot.admin.visit import Visit
from bot.store.staff.sessions import end_sessions
from bot.store.staff.users import Users, change_user

ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-/]{0,63}")
"""The shape of the names in the IANA time zone database; a browser that does not know one shows its own."""


async def save_reading(visit: Visit) -> Response:
    language, zone = await visit.field("language"), await visit.field("zone")
    if language not in ("", *visit.languages) or (zone and not ZONE.fullmatch(zone)):
        raise Refused(400, "error.unreadable")
    subject = f"user {visit.user.id}"
    async with visit.change("user.reading_changed", subject, language=language, zone=zone) as connection:
        await change_user(connection, visit.user.id, language=language, zone=zone)
    visit.flash("saved")
    return visit.go("/account")


async def save_password(visit: Visit) -> Response:
    """Change the password, and end every other session of the user: one of them may be why it is changed."""
    form = await visit.form()
    old, new = str(form.get("old", "")), str(form.get("new", ""))
    passwords, user = visit.desk.passwords, visit.user
    fault = weakness(new, user.name)
    if fault:
        return await account(visit, visit.say(fault), "new")
    found = await Users(visit.database).secret(user.name)
    if not await passwords.matches(old, found[1] if found else None):
        return await account(visit, visit.say("account.password.old_wrong"), "old")
    hashed, session = await passwords.hash(new), visit.session
    async with visit.change("user.password_changed", f"user {user.id}") as connection:
        await change_user(connection, user.id, password=hashed)
        await end_sessions(connection, user.id, but=session.id if session else None, devices=True)
    visit.flash("account.password.saved")
    return visit.go("/account")


async def end_others(visit: Visit) -> Response:
    session = visit.session
    async with visit.change("session.others_ended", f"user {visit.user.id}") as connection:
        count = await end_sessions(connection, visit.user.id, but=session.id if session else None)
    visit.flash("account.sessions.ended", n=count)
    return visit.go("/account")
