"""Slash commands and interactions (buttons, shortcuts, dialogs)."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl

from bot.messages import Address, Event, Ignored, Kind, Message
from bot.untrusted import Unusable
from connectors.slack.events import CHANNEL, COMMANDS, Me
from connectors.slack.fields import ident, needed, table, words
from connectors.slack.thumbs import opinion_of

MAX_FIELDS = 100
USAGE = (
    "Write your question after the command, or one of: help, reset, forget, stop.\n"
    "请在命令后面写下您的问题，或使用：help、reset、forget、stop。"
)
"""What a bare command shows, to whoever typed it only."""


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form. Raises `Unusable`."""
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"))
    except ValueError:
        raise Unusable("not a form") from None


def to_command(fields: dict[str, Any], me: Me, now: float) -> Event:
    """Return what `/palaver ...` asks: a command of ours, or else a message. `now` stands in for its missing ts.

    The reply goes to the channel where it was typed. Slack has no slash commands inside threads. A bare command asks
    nothing; its answer (see `shown_at_once`) is no message.
    """
    text, key = words(fields, "text").strip(), f"command:{needed(fields, 'trigger_id')}"
    if not text:
        return Ignored(CHANNEL, ident(fields, "team_id") or me.team, key, "bare command")
    name, _, argument = text.partition(" ")
    command = name.lower() if name.lower() in COMMANDS else ""
    channel = needed(fields, "channel_id")
    return Message(
        address=Address(CHANNEL, ident(fields, "team_id") or me.team, channel),
        key=key,
        text=text,
        sender=needed(fields, "user_id"),
        kind=Kind.COMMAND if command else Kind.TEXT,
        command=command,
        argument=argument.strip() if command else "",
        order=now,
        private=channel.startswith("D"),
    )


def shown_at_once(fields: dict[str, Any]) -> dict[str, str]:
    """Return what Slack shows to whoever typed a command, empty where the answer comes as a message."""
    return {} if words(fields, "text").strip() else {"response_type": "ephemeral", "text": USAGE}


def to_interaction(payload: dict[str, Any], me: Me, now: float) -> Event:  # noqa: ARG001 - read like a command
    """Return what somebody thinks of a reply; every other interaction is ignored, for it is none of ours.

    Its key is its content, for it has no id.
    """
    team = ident(table(payload, "team"), "id") or me.team
    content = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    key = f"interaction:{content[:32]}"
    return opinion_of(payload, CHANNEL, team, key) or Ignored(CHANNEL, team, key, "interaction")
