"""Shows the account."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.visit import Visit


async def account(visit: Visit, wrong: str = "", wrong_field: str = "") -> Response:
    """Show the account; `wrong` is what was wrong with a field of the password's form."""
    sessions = await visit.sessions.of(visit.user.id)
    status = 400 if wrong else 200
    return visit.page("account/account.html", status, sessions=sessions, wrong=wrong, wrong_field=wrong_field)
