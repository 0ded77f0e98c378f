"""Shows who may come in and who is in."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.visit import Visit
from bot.store.staff.invitations import Invitations
from bot.store.staff.users import Users


async def people(visit: Visit) -> Response:
    return await show_people(visit)


async def show_people(visit: Visit, link: str = "") -> Response:
    """Show the page; `link` is that of an invitation just made, which is shown only this once."""
    sessions = await visit.sessions.of()
    seen: dict[int, float] = {}
    for session in sessions:
        seen.setdefault(session.user.id, session.seen_at)
    return visit.page(
        "people/people.html",
        users=await Users(visit.database).every(),
        invitations=await Invitations(visit.database).open(),
        sessions=sessions,
        seen=seen,
        link=link,
    )
