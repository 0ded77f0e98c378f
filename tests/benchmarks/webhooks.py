"""What both platforms post when a person writes in a private chat, ready for the wire."""

from __future__ import annotations

import json

from connectors.slack.standin import StandIn as SlackStandIn
from connectors.slack.standin.requests import signed
from tests.acceptance.roads import SECRET
from tests.benchmarks.load import request
from tests.benchmarks.rivals import SLACK, TELEGRAM

TEAM = "T0STANDIN"


def telegram_webhook(number: int, chat: int, text: str) -> bytes:
    """Return the request that delivers message `number` of this chat."""
    person = {"id": chat, "is_bot": False, "first_name": "Ann", "language_code": "en"}
    where = {"id": chat, "type": "private", "first_name": "Ann"}
    message = {"message_id": number, "from": person, "chat": where, "date": 1_790_000_000, "text": text}
    body = json.dumps({"update_id": 900_000_000 + number, "message": message}).encode()
    return request(TELEGRAM, body, {"X-Telegram-Bot-Api-Secret-Token": SECRET})


def slack_webhook(number: int, chat: str, text: str) -> bytes:
    """Return the request that delivers message `number`, signed now: it is good for five minutes."""
    ts = f"1790000000.{number:06d}"
    event = {"type": "message", "channel": chat, "channel_type": "im", "user": f"U{chat}", "text": text, "ts": ts}
    bot = {"team_id": TEAM, "user_id": "U0PALAVER", "is_bot": True}
    envelope = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A0PALAVER", "event_id": f"Ev{number:08d}"}
    body = json.dumps({**envelope, "event_time": 1_790_000_000, "event": event, "authorizations": [bot]}).encode()
    return request(SLACK, body, signed(SlackStandIn.signing_secret.encode(), body))
