"""The Events API over HTTP: events, slash commands and interactions, all at one path.

Our own route, not Bolt's. Bolt 1.30 acknowledges an event before its listeners run; with
`process_before_response=True` it still answers 200 before anything of ours ran when `auth.test` fails or the event is
the bot's own, and it raises on payloads with odd types, which Slack would then send again for a day
(tests/contracts/test_slack_library.py shows each of these). Here a delivery is answered once, after the commit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.untrusted import Unusable, read_object
from connectors.slack.commands import read_form
from connectors.slack.intake import Intake
from connectors.slack.signature import genuine

PATH = "/slack/events"
FORM = "application/x-www-form-urlencoded"


class Route:
    """An ASGI app. 200 means committed, 401 not from Slack, 503 not stored: Slack delivers again.

    `X-Slack-No-Retry` is never sent, for a delivery that failed must come again.
    """

    def __init__(self, secrets: Sequence[bytes], intake: Intake) -> None:
        self._secrets = secrets
        self._intake = intake

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        body = await request.body()
        if not genuine(self._secrets, *_signed(request.headers), body, time.time()):
            return Response(status_code=401)
        form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
        try:
            return await (self._form(body) if form else self._json(body))
        except Unusable as error:
            return _answered(await self._intake.reject(body, str(error)))

    async def _json(self, body: bytes) -> Response:
        payload = read_object(body)
        challenge = payload.get("challenge")
        if payload.get("type") == "url_verification" and isinstance(challenge, str):
            return JSONResponse({"challenge": challenge})
        return _answered(await self._intake.take("events_api", body))

    async def _form(self, body: bytes) -> Response:
        fields = read_form(body)
        if "payload" in fields:
            return _answered(await self._intake.take("interactive", fields["payload"].encode()))
        if "command" in fields:
            return _answered(await self._intake.take("slash_commands", json.dumps(fields).encode()))
        if fields.get("ssl_check") == "1":
            return Response()
        raise Unusable("neither a command nor an interaction")


def _signed(headers: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Return timestamp and signature as the bytes that came; headers are Latin-1 in ASGI."""
    names = ("x-slack-request-timestamp", "x-slack-signature")
    timestamp, signature = (headers.get(name, "").encode("latin-1") for name in names)
    return timestamp, signature


def _answered(stored: bool) -> Response:
    return Response(status_code=200 if stored else 503)
