"""What the page asks of the server."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.errors import StoreDown
from bot.interfaces import Inbox, Transcript
from bot.messages import Address, Message, Opinion
from bot.untrusted import Unusable
from connectors.web.events import Full, Hub
from connectors.web.files import static_files
from connectors.web.gate import SameOrigin, Strict
from connectors.web.messages import LONGEST, TooLong, to_command, to_message, to_opinion
from connectors.web.sessions import Sessions
from connectors.web.stream import EventStream, Pace, shown

COMMANDS = ("stop", "reset", "forget")
REMEMBERED = 200
"""Turns that a page shows when it is loaded."""
NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)

Read = Callable[[Address, bytes], Message | Opinion]


class Problem(HTTPException):
    """The request ends here: a word for the page, and a sentence that says what to do."""

    def __init__(self, status: int, error: str, sentence: str) -> None:
        super().__init__(status, sentence)
        self.error = error


class Chat:
    """The endpoints under `/chat/`. A cookie is given only when a person begins to write."""

    def __init__(
        self, inbox: Inbox, transcript: Transcript, hub: Hub, sessions: Sessions, pace: Pace, *, thumbs: bool = True
    ) -> None:
        self._inbox = inbox
        self._transcript = transcript
        self._hub = hub
        self._sessions = sessions
        self._pace = pace
        self._thumbs = thumbs

    def app(self) -> ASGIApp:
        routes = [
            Route("/session", self.begin, methods=["POST"]),
            Route("/messages", self._taking(to_message), methods=["POST"]),
            *([Route("/opinions", self._taking(to_opinion), methods=["POST"])] if self._thumbs else []),
            *(Route(f"/{name}", self._taking(_command(name)), methods=["POST"]) for name in COMMANDS),
            Route("/history", self.history),
            Route("/events", self.events),
        ]
        guarded = [Middleware(Strict), Middleware(SameOrigin)]
        handlers = {Problem: _explain, Full: _explain}
        return Starlette(routes=[*routes, *static_files()], middleware=guarded, exception_handlers=handlers)

    async def begin(self, request: Request) -> Response:
        """Give the browser a conversation, or keep the one it has."""
        _require_json(request)
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        self._sessions.keep(request, response)
        return response

    async def history(self, request: Request) -> Response:
        """Return the newest turns, oldest first, and whether this browser has a conversation at all."""
        address = self._sessions.find(request)
        try:
            turns = await self._transcript.latest(address, REMEMBERED) if address else ()
        except StoreDown:
            raise _down("What was said cannot be read just now. Please try again in a moment.") from None
        body = {"session": address is not None, "turns": [shown(turn) for turn in turns]}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def events(self, request: Request) -> EventStream:
        """Return the stream of what comes after the turn that the page has seen last."""
        seen = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
        if not NUMBER.fullmatch(seen):
            raise Problem(400, "unusable", "Last-Event-ID must be the number of a turn.")
        return EventStream(self._transcript, self._hub, self._known(request), int(seen), self._pace)

    def _taking(self, read: Read) -> Callable[[Request], object]:
        """Return an endpoint that answers 202 once the message is committed, however often it comes."""

        async def take(request: Request) -> Response:
            _require_json(request)
            event = _read(read, self._known(request), await request.body())
            try:
                await self._inbox.accept(event)
            except StoreDown:
                raise _down("Your message could not be stored just now. Please send it again in a moment.") from None
            self._hub.stored(event.address)
            response = JSONResponse({"id": event.key.rpartition(":")[2]}, 202, headers={"Cache-Control": "no-store"})
            self._sessions.keep(request, response)
            return response

        return take

    def _known(self, request: Request) -> Address:
        address = self._sessions.find(request)
        if address is None:
            raise Problem(401, "no_session", "Begin with POST /chat/session, and send its cookie along.")
        return address


def _command(name: str) -> Read:
    return lambda address, body: to_command(address, body, name)


def _read(read: Read, address: Address, body: bytes) -> Message | Opinion:
    try:
        return read(address, body)
    except TooLong as error:
        raise Problem(413, "too_long", f"Please write at most {LONGEST} characters; {error}.") from None
    except Unusable as error:
        raise Problem(400, "unusable", f"This could not be read: {error}.") from None


def _require_json(request: Request) -> None:
    """Another site cannot send this type without asking us first."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Problem(415, "not_json", "Send Content-Type: application/json.")


def _down(sentence: str) -> Problem:
    return Problem(503, "store_down", sentence)


async def _explain(_: Request, error: Exception) -> Response:
    """Answer a `Problem` or `Full` in the words of `Problem`."""
    problem = error if isinstance(error, Problem) else Problem(503, "full", "Many people are here just now.")
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "2"} if problem.status_code == 503 else {})
    return JSONResponse({"error": problem.error, "message": problem.detail}, problem.status_code, headers)
