"""Deliveries as Slack sends them, made here after its documentation, one of each kind that we know of."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.acceptance.payloads.expectations import Sample

BOT, ANN, ROOT = "U0PALAVER", "U0ANN", "1790000000.000100"
NUMBERS = count(1)
DM, ROOM = {"channel": "D0ANN", "channel_type": "im"}, {"channel": "C0ROOM", "channel_type": "channel"}


def ts() -> str:
    """Return a time of its own for each message: it is also the message's name."""
    return f"17900001{next(NUMBERS):02}.000100"


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """Return one event in its envelope."""
    bot = {"team_id": "T0STANDIN", "user_id": BOT, "is_bot": True}
    inner = {"type": kind, "event_ts": ts()} | fields
    envelope = {"type": "event_callback", "team_id": "T0STANDIN", "event_id": "Ev1", "authorizations": [bot]}
    return envelope | {"event": inner}


def said(text: str, where: dict[str, str] = DM, **fields: Any) -> dict[str, Any]:
    return event("message", text=text, user=ANN, ts=ts(), **where, **fields)


ANSWERED = {
    "a direct message": said("Hello"),
    "a thread of a direct message": said("Hello", thread_ts=ROOT),
    "a mention": event("app_mention", text=f"<@{BOT}> hey", user=ANN, ts=ts(), channel="C0ROOM"),
    "a mention in a thread": event(
        "app_mention", text=f"<@{BOT}> hey", user=ANN, ts=ts(), channel="C0ROOM", thread_ts=ROOT
    ),
    "a mention in a group message": said(f"<@{BOT}> hey", {"channel": "G0ALL", "channel_type": "mpim"}),
    "a file without words": said("", subtype="file_share", files=[{"id": "F1"}]),
}
SILENT = {
    "people among themselves": said("Hello", ROOM),
    "a bot": said("Hello", ROOM, bot_id="B1", subtype="bot_message"),
    "our own words": said("Hello") | {},
    "a joined person": event("member_joined_channel", user=ANN, channel="C0ROOM"),
    "an archived channel": said("x", ROOM, subtype="channel_archive"),
    "an edit": event(
        "message", subtype="message_changed", ts=ts(), **ROOM, message={"text": "x", "user": ANN, "ts": ts()}
    ),
    "an opened home": event("app_home_opened", user=ANN, channel="D0ANN", tab="home"),
    "the app was removed": event("app_uninstalled"),
    "tokens were revoked": event("tokens_revoked", tokens={"oauth": [], "bot": [BOT]}),
    "too many events": {"type": "app_rate_limited", "team_id": "T0STANDIN", "minute_rate_limited": 1_790_000_000},
    "a stop": event("agent_session_stopped", user=ANN, channel="D0ANN", thread_ts=ROOT),
    "an event of the future": event("some_future_event"),
}
SILENT["our own words"]["event"] = SILENT["our own words"]["event"] | {"user": BOT}
PRESSED: dict[str, dict[str, Any]] = {
    "a pressed button": {"type": "block_actions", "team": {"id": "T0STANDIN"}, "actions": [{"action_id": "x"}]},
    "a closed view of an organisation": {"type": "view_closed", "team": None, "view": {"id": "V1"}},
    "a global shortcut": {"type": "shortcut", "team": None, "callback_id": "x", "trigger_id": "1.2.x"},
}
BARE = {"form": "command=%2Fpalaver&text=&team_id=T0STANDIN&channel_id=C0ROOM&user_id=U0ANN&trigger_id=1.2.y"}


def samples() -> list[Sample]:
    def made(samples: dict[str, dict[str, Any]], outcome: str, transport: str) -> list[Sample]:
        return [Sample(name, body, frozenset({outcome}), {"transport": transport}) for name, body in samples.items()]

    return [
        *made(ANSWERED, "answer", "http_json"),
        *made(SILENT, "ignore", "http_json"),
        *made(PRESSED, "ack_only", "http_form_payload"),
        *made({"a bare slash command": BARE}, "ack_only", "http_form"),
    ]
