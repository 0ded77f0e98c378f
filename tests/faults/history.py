"""What happened, from both ends: what people wrote and saw, and what the database says."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.telegram.standin import StandIn
from connectors.telegram.standin.standin import Call
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
    """Return what the bot wrote, with its times."""
    calls: defaultdict[str, list[Call]] = defaultdict(list)
    for call in telegram.called("sendMessage"):
        if chat := call.params.text("chat_id"):  # empty when the bot died in the middle of its call
            calls[chat].append(call)
    return [seen for chat, of_chat in calls.items() for seen in _timed(chat, telegram.sent(int(chat)), of_chat)]


def _timed(chat: str, messages: list[dict[str, Any]], calls: list[Call]) -> list[Seen]:
    """Find the call of each message, from the last one back: calls that brought no message are left over."""
    epoch = time.time() - time.monotonic()
    left = iter(reversed(calls))
    found = []
    for message in reversed(messages):
        at = next(call.at for call in left if call.params.text("text").strip() == message["text"])
        found.append(Seen(chat, str(message["message_id"]), message["text"], at + epoch))
    return found[::-1]


def _kept(row: dict[str, Any]) -> Kept:
    return Kept(row["name"], row["chat"], row["state"], row["responder"], row["at"], row["reply_id"])


def _sent(row: dict[str, Any]) -> Sent:
    return Sent(row["turn_id"], row["chat"], row["text"], row["platform_id"], bool(row["maybe_duplicate"]))
