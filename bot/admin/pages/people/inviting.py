"""Makes and withdraws invitations."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.errors import Refused, not_there
from bot.admin.pages.people.listing import show_people
from bot.admin.visit import Visit
from bot.staff import Role
from bot.store.staff.invitations import invite, withdraw


async def invite_somebody(visit: Visit) -> Response:
    """Make a link and show it: it is stored nowhere, so it can be seen only now."""
    role, name = await read_role(visit), await visit.field("note", 120)
    async with visit.change("invitation.made", role=role.value) as connection:
        token = await invite(connection, role, name, visit.user.id)
    base = visit.desk.settings.url.rstrip("/") or str(visit.request.base_url).rstrip("/").removesuffix(visit.url(""))
    return await show_people(visit, f"{base}{visit.url(f'/invitation/{token}')}")


async def withdraw_invitation(visit: Visit) -> Response:
    number = visit.request.path_params["invitation"]
    async with visit.change("invitation.withdrawn", f"invitation {number}") as connection:
        if not await withdraw(connection, number):
            raise not_there()
    visit.flash("people.invitations.withdrawn")
    return visit.go("/people")


async def read_role(visit: Visit) -> Role:
    """Return the role in the form. Raises `Refused`."""
    role = await visit.field("role")
    if role not in list(Role):
        raise Refused(400, "error.unreadable")
    return Role(role)
