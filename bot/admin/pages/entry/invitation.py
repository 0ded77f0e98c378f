"""Lets somebody in who holds the link of an invitation: they choose a name and a password."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.cookies import SESSION, give_cookie
from bot.admin.errors import Refused
from bot.admin.signing_up import fault_in
from bot.admin.visit import Visit
from bot.store.staff.invitations import Invitation, Invitations, use_invitation
from bot.store.staff.sessions import begin_session
from bot.store.staff.users import add_user, name_taken


async def invitation(visit: Visit) -> Response:
    return _form(visit, await _open(visit))


async def accept(visit: Visit) -> Response:
    """Make the user and sign them in. The invitation is used up in the same transaction, or not at all."""
    found, name = await _open(visit), await visit.field("name")
    password = str((await visit.form()).get("password", ""))
    fault = fault_in(name, password)
    if fault:
        return _form(visit, found, name, visit.say(fault))
    hashed = await visit.desk.passwords.hash(password)
    async with visit.database.begin() as connection:
        if await name_taken(connection, name):
            return _form(visit, found, name, visit.say("account.name.taken"))
        used = await use_invitation(connection, visit.request.path_params["token"])
        if used is None:
            raise Refused(404, "entry.invitation.over")
        user = await add_user(connection, name, hashed, used.role)
        await visit.note(connection, "user.joined", f"user {user}", {"role": used.role.value})
        agent = visit.request.headers.get("user-agent", "")
        token = await begin_session(connection, user, visit.request.state.device, agent, visit.client)
    response = visit.go("/")
    give_cookie(visit.request, response, SESSION, token)
    return response


async def _open(visit: Visit) -> Invitation:
    found = await Invitations(visit.database).find(visit.request.path_params["token"])
    if found is None:
        raise Refused(404, "entry.invitation.over")
    return found


def _form(visit: Visit, found: Invitation, name: str = "", wrong: str = "") -> Response:
    return visit.page("entry/invitation.html", 400 if wrong else 200, invitation=found, name=name, wrong=wrong)
