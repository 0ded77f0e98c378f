"""Slack's end of the HTTP mode: signed requests."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import aiohttp

from connectors.slack.signature import sign
from connectors.slack.standin.deliveries import TAKEN, Delivery

REASONS = {"timeout": "http_timeout", "no connection": "connection_failed"}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Requests:
    """Posts to the bot's address and expects 2xx within `patience` seconds."""

    def __init__(self, url: str, secret: bytes, patience: float) -> None:
        self._url = url
        self._secret = secret
        self._timeout = aiohttp.ClientTimeout(total=patience)

    async def attempt(self, delivery: Delivery, number: int, reason: str) -> str:
        body, content_type = _body(delivery)
        headers = {"Content-Type": content_type, **signed(self._secret, body)}
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": REASONS.get(reason, "http_error")}
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url, data=body, headers=headers) as answer,
            ):
                await answer.read()
                return TAKEN if answer.ok or "X-Slack-No-Retry" in answer.headers else str(answer.status)
        except TimeoutError:
            return "timeout"
        except aiohttp.ClientError:
            return "no connection"


def signed(secret: bytes, body: bytes, at: float | None = None) -> dict[str, str]:
    """Return the headers by which Slack proves that a request is its own."""
    timestamp = str(int(time.time() if at is None else at))
    signature = sign(secret, timestamp.encode(), body).decode()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}


def _body(delivery: Delivery) -> tuple[bytes, str]:
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload).encode(), JSON
    fields = delivery.payload if delivery.kind == "slash_commands" else {"payload": json.dumps(delivery.payload)}
    return urlencode(fields).encode(), FORM
