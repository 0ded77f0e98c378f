"""What happened, from both ends: what people wrote and saw, and what the database says."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.telegram.standin import StandIn
from tests.faults.traffic import Saying
from tests.rig.databases import Books

USER_TURNS = """
    SELECT user_turn.text AS name, user_turn.state, user_turn.reason, user_turn.at, user_turn.reply_id, c.chat,
           coalesce(reply.responder, user_turn.responder) AS responder
    FROM turns AS user_turn JOIN conversations AS c ON c.id = user_turn.conversation_id
    LEFT JOIN turns AS reply ON reply.id = user_turn.reply_id
    WHERE user_turn.speaker = 'user' ORDER BY user_turn.id
"""
PARTS = """
    SELECT p.turn_id, p.text, p.state, p.attempts, p.platform_id, p.maybe_duplicate, c.chat
    FROM parts AS p JOIN conversations AS c ON c.id = p.conversation_id ORDER BY p.id
"""


WRITING = ("sendmessage", "editmessagetext")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of the bot as a person sees it. `at` in seconds since 1970."""

    chat: str
    id: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A person's message in the database."""

    name: str
    chat: str
    state: str
    responder: str
    at: float
    reply: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A part of the outbox."""

    reply: int
    chat: str
    text: str
    platform_id: str
    flagged: bool


@dataclass(frozen=True, slots=True)
class History:
    """`pending` is how many updates the platform still holds; everything else it was told to forget."""

    sayings: tuple[Saying, ...]
    pending: int
    seen: tuple[Seen, ...]
    kept: tuple[Kept, ...]
    sent: tuple[Sent, ...]


async def read_history(telegram: StandIn, sayings: Iterable[Saying], books: Books) -> History:
    """Read both ends."""
    return History(
        tuple(sayings),
        telegram.waiting,
        tuple(read_seen(telegram)),
        tuple(_kept(row) for row in await books.rows(USER_TURNS)),
        tuple(_sent(row) for row in await books.rows(PARTS)),
    )


def read_seen(telegram: StandIn) -> list[Seen]:
    """Return what the bot wrote, each message with the time of the call that gave it its last text."""
    epoch = time.time() - time.monotonic()
    written = (call for call in telegram.calls if call.message and call.method.lower() in WRITING)
    last = {(call.params.text("chat_id"), call.message): call.at + epoch for call in written}
    return [
        Seen(chat, str(message["message_id"]), message["text"], last[chat, message["message_id"]])
        for chat in dict.fromkeys(chat for chat, _ in last)
        for message in telegram.sent(int(chat))
    ]


def _kept(row: dict[str, Any]) -> Kept:
    return Kept(row["name"], row["chat"], row["state"], row["responder"], row["at"], row["reply_id"])


def _sent(row: dict[str, Any]) -> Sent:
    return Sent(row["turn_id"], row["chat"], row["text"], row["platform_id"], bool(row["maybe_duplicate"]))
