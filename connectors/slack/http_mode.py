"""The Events API over HTTP: events, slash commands and interactions, all at one path.

Our own route in front of Bolt's app: it checks the signature on the bytes that came and tells the kinds apart.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence

from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.response import BoltResponse
from starlette.requests import Request
from starlette.responses import Response

from bot.untrusted import Unusable
from connectors.slack.commands import read_form
from connectors.slack.intake import Intake
from connectors.slack.signature import genuine

PATH = "/slack/events"
FORM = "application/x-www-form-urlencoded"


class Route:
    """Answers deliveries. 200 means committed, 401 not from Slack, 503 not stored: Slack delivers again.

    `X-Slack-No-Retry` is never sent, for a delivery that failed must come again.
    """

    def __init__(self, secrets: Sequence[bytes], intake: Intake) -> None:
        self._secrets = secrets
        self._intake = intake

    async def answer(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST"})
        body = await request.body()
        if not genuine(self._secrets, *_signed(request.headers), body, time.time()):
            return Response(status_code=401)
        form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
        try:
            answer = await (self._form(body) if form else self._intake.take("events_api", body))
        except Unusable as error:
            answer = await self._intake.reject(body, str(error))
        return to_starlette_response(answer)

    async def _form(self, body: bytes) -> BoltResponse:
        fields = read_form(body)
        if "payload" in fields:
            return await self._intake.take("interactive", fields["payload"].encode())
        if "command" in fields:
            return await self._intake.take("slash_commands", json.dumps(fields).encode())
        if fields.get("ssl_check") == "1":
            return BoltResponse(status=200)
        raise Unusable("neither a command nor an interaction")


def _signed(headers: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Return timestamp and signature as the bytes that came; headers are Latin-1 in ASGI."""
    names = ("x-slack-request-timestamp", "x-slack-signature")
    timestamp, signature = (headers.get(name, "").encode("latin-1") for name in names)
    return timestamp, signature
