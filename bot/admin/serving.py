"""Serves one view: who asks, may they, does the form prove that they meant it, and is it in the audit log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.admin.cookies import DEVICE, SESSION, give_cookie, read_cookie
from bot.admin.desk import Desk
from bot.admin.errors import Refused, SignedOut
from bot.admin.gate import form_token, refuse_other_sites, require_token
from bot.admin.groups import View
from bot.admin.storable import refuse_unstorable, refuse_unstorable_form
from bot.admin.visit import Renderer, Visit
from bot.errors import StoreDown
from bot.store.staff.sessions import YEAR, new_token

WORDS = {404: "error.not_there", 405: "error.method"}
"""What Starlette's own errors are called here."""

Endpoint = Callable[[Request], Awaitable[Response]]


class Serving:
    """Makes endpoints of views, and pages of errors."""

    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self._desk = desk
        self._renderer = renderer
        self._sessions = desk.sessions

    def endpoint(self, name: str, view: View) -> Endpoint:
        """Return an endpoint that answers as the view does, once everything about the request is in order."""

        async def answer(request: Request) -> Response:
            if view.method == "POST":
                refuse_other_sites(request.headers)
            refuse_unstorable(request)
            visit = await self._visit(request)
            _admit(visit, view)
            if view.method == "POST":
                await require_token(visit)
                refuse_unstorable_form(await visit.form())
            response = await view.handle(visit)
            await self._finish(visit, response, name, view)
            return response

        return answer

    async def explain(self, request: Request, error: Exception) -> Response:
        """Answer errors in words: `Refused`, `StoreDown`, Starlette's own; of a fault of ours nothing is told."""
        refused = _as_refused(error)
        visit: Visit = getattr(request.state, "visit", None) or Visit(request, self._desk, self._renderer)
        if "application/json" in request.headers.get("accept", ""):
            return visit.json(
                {"error": refused.word, "message": visit.say(refused.word, **refused.values)}, refused.status
            )
        if isinstance(refused, SignedOut) and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"{visit.url('/login')}?next={quote(_wanted(visit))}", 303)
        return visit.page("error.html", refused.status, refused=refused)

    async def _visit(self, request: Request) -> Visit:
        token = read_cookie(request, SESSION)
        session = await self._sessions.find(token) if token else None
        device = read_cookie(request, DEVICE)
        if not device:
            device = request.state.new_device = new_token()
        request.state.device = device
        visit = Visit(request, self._desk, self._renderer, session, form_token(token if session else device))
        request.state.visit = visit
        return visit

    async def _finish(self, visit: Visit, response: Response, name: str, view: View) -> None:
        """Give the browser its mark, keep what the next page tells, and note a change that noted nothing itself."""
        if hasattr(visit.request.state, "new_device"):
            give_cookie(visit.request, response, DEVICE, visit.request.state.new_device, YEAR)
        if visit.session and (visit.flashes or (visit.session.flash and response.status_code == 200)):
            await self._sessions.flash(visit.session.id, visit.flashes)
        if view.method == "POST" and response.status_code < 400 and not visit.noted:
            await visit.saw(name, visit.request.url.path)


def _admit(visit: Visit, view: View) -> None:
    if view.role is None or visit.may(view.role):
        return
    if visit.session is None:
        raise SignedOut
    raise Refused(403, "error.role", role=visit.say(f"role.{view.role}"))


def _as_refused(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, StoreDown):
        return Refused(503, "error.store_down")
    if not isinstance(error, HTTPException):
        return Refused(500, "error.broken")
    return Refused(error.status_code, WORDS.get(error.status_code, "error.unreadable"))


def _wanted(visit: Visit) -> str:
    """Return the path that was asked for, as our own paths are written, to come back to after the login."""
    path = visit.request.url.path.removeprefix(visit.url(""))
    return f"{path}?{visit.request.url.query}" if visit.request.url.query else path
