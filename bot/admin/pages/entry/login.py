"""Signs a user in, and out again."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.cookies import SESSION, give_cookie, take_cookie
from bot.admin.entrance import Entrance, TooMany
from bot.admin.visit import Visit
from bot.store.staff.sessions import end_sessions
from bot.store.staff.users import Users


async def login(visit: Visit) -> Response:
    if visit.session:
        return visit.go("/")
    template = "entry/login.html" if await Users(visit.database).count() else "entry/first.html"
    return visit.page(template, next=_inside(visit.request.query_params.get("next", "")), wrong="", name="")


async def sign_in(visit: Visit) -> Response:
    """Give a new session for the right name and password; say neither which of the two was wrong."""
    name, inside = await visit.field("name", 64), _inside(await visit.field("next", 2000))
    password = str((await visit.form()).get("password", ""))
    try:
        token = await Entrance(visit).enter(name, password)
    except TooMany as error:
        wrong = visit.say("entry.too_many", n=error.seconds)
        response = visit.page("entry/login.html", 429, next=inside, wrong=wrong, name=name)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    if token is None:
        wrong = visit.say("entry.wrong")
        return visit.page("entry/login.html", 401, next=inside, wrong=wrong, name=name)
    response = visit.go(inside)
    give_cookie(visit.request, response, SESSION, token)
    return response


async def logout(visit: Visit) -> Response:
    response = visit.go("/login")
    if visit.session:
        async with visit.change("session.ended", f"user {visit.user.id}") as connection:
            await end_sessions(connection, visit.user.id, only=visit.session.id)
        visit.session = None
    take_cookie(visit.request, response, SESSION)
    return response


def _inside(path: str) -> str:
    """Return the path if it is one of our pages, else the start: nobody is sent elsewhere after signing in."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\", "/login", "/logout"))
    return path if ours and path.isprintable() and "\\" not in path else "/"
