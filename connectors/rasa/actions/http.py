"""rasa-sdk's own web server, with a door before it: token, size after unpacking, and errors that quote nobody."""

from __future__ import annotations

import hmac
import zlib
from typing import Any

from opentelemetry import context, propagate
from rasa_sdk.endpoint import create_app_for_serve
from sanic import Sanic
from sanic.exceptions import SanicException, Unauthorized
from sanic.request import Request
from sanic.response import HTTPResponse, json

from connectors.rasa.actions.executor import ActionFailed, DiscreetExecutor
from connectors.rasa.settings import ActionsSettings
from connectors.rasa.wire import TooLarge, inflate

NOT_JSON = {"description": "Bad Request", "status": 400, "message": "Failed when parsing body as json"}
OPEN = "/health"
"""Answers everybody: whoever watches containers has no token."""


def make_app(settings: ActionsSettings, executor: DiscreetExecutor) -> Sanic:
    """Return rasa-sdk's app. Without names in `cors` no web site may call it."""
    Sanic._app_registry.pop("rasa_sdk", None)
    app = create_app_for_serve(executor, cors_origins=list(settings.cors), endpoints=settings.endpoints)
    # Sanic cuts the line in the middle of a body that is too large, so that nobody reads why. Up to twice the limit is
    # read, and refused with a sentence.
    app.config.REQUEST_MAX_SIZE = 2 * settings.body_limit
    app.config.FALLBACK_ERROR_FORMAT = "json"
    _guard(app, settings)
    app.exception(ActionFailed)(_failed)
    app.exception(Refusal)(_refused)
    app.exception(SanicException)(_as_sanic_says)
    return app


def _guard(app: Sanic, settings: ActionsSettings) -> None:
    secret = b"Bearer " + settings.token.get_secret_value().encode() if settings.token else b""

    async def knows(request: Request, **_: Any) -> None:
        given = request.headers.get("authorization", "").encode("latin-1", "replace")
        if secret and request.path != OPEN and not hmac.compare_digest(given, secret):
            raise Unauthorized("Send PALAVER_ACTIONS_TOKEN as Authorization: Bearer <token>.", scheme="Bearer")

    async def follow(request: Request) -> None:
        request.ctx.trace = context.attach(propagate.extract(dict(request.headers)))

    async def unpack(request: Request, **_: Any) -> None:
        if request.path == "/webhook":
            _unpack(request, settings.body_limit)

    async def leave(request: Request, _: HTTPResponse) -> None:
        trace, request.ctx.trace = getattr(request.ctx, "trace", None), None
        if trace is not None:
            context.detach(trace)

    # Before the body is read: nobody without the token makes us hold one.
    app.signal("http.routing.before")(knows)
    app.on_request(follow)
    app.signal("http.handler.before")(unpack)
    app.on_response(leave)


class Refusal(SanicException):
    """The request ends here, with this body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__("refused", status_code=status, quiet=True)
        self.body = body


def _unpack(request: Request, limit: int) -> None:
    """Put the unpacked body in the packed one's place. Raises `Refusal` with the bodies that rasa-sdk gives."""
    encoding = request.headers.get("content-encoding", "")
    if len(request.body) > limit:
        raise Refusal(413, {"error": f"The body is larger than {limit} bytes."})
    if encoding:
        try:
            request.body = inflate(request.body, encoding, limit)
        except TooLarge:
            raise Refusal(413, {"error": f"The body is larger than {limit} bytes."}) from None
        except zlib.error:
            raise Refusal(400, NOT_JSON) from None
        request.headers.popall("content-encoding")
    try:
        body = request.json
    except SanicException:
        raise Refusal(400, NOT_JSON) from None
    if body is not None and not isinstance(body, dict):
        raise Refusal(400, {"error": "Invalid body request"})


async def _refused(_: Request, refusal: Refusal) -> HTTPResponse:
    return json(refusal.body, refusal.status_code)


async def _failed(_: Request, error: ActionFailed) -> HTTPResponse:
    return json({"error": str(error), "action_name": error.action}, 500)


def _as_sanic_says(_: Request, __: SanicException) -> None:
    """Leave it to Sanic, whose answers hold nothing of the request's body; rasa-sdk's handler would quote it."""
