"""The four ways of a question to the bot and of its answer back, each over a stand-in of its platform."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.slack.standin import StandIn as SlackStandIn
from connectors.telegram.standin import StandIn as TelegramStandIn
from tests.rig.databases import Books

ANSWER_SECONDS = 60.0
CHATS = 8
SECRET = "a-secret-of-this-trial-only-0123456789"
OPEN = "SELECT count(*) AS n FROM turns WHERE state IN ('open', 'replying')"
ANSWERED_BY = """
    SELECT coalesce(reply.responder, '') AS responder, t.state, count(*) AS n
    FROM turns AS t JOIN conversations AS c ON c.id = t.conversation_id
    LEFT JOIN turns AS reply ON reply.id = t.reply_id
    WHERE t.speaker = 'user' AND c.channel = '{channel}' GROUP BY 1, 2
"""


class Road(Protocol):
    """One platform in one of its ways of delivering."""

    name: str
    channel: str

    async def ask(self, person: int, text: str) -> str:
        """Write as this person and return the answer. Raises `TimeoutError`."""
        ...

    def said(self, person: int) -> list[tuple[bool, str]]:
        """Return the chat as the person sees it: whether the bot said it, and what."""
        ...


class Telegram:
    channel = "telegram"

    def __init__(self, standin: TelegramStandIn, webhook: bool) -> None:
        self.name = f"Telegram {'webhook' if webhook else 'polling'}"
        self._standin = standin
        self._asked: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)

    async def ask(self, person: int, text: str) -> str:
        self._asked[person].append(await self._standin.say(text, chat=5001 + person))
        return str((await self._standin.reply(5001 + person, ANSWER_SECONDS))["text"])

    def said(self, person: int) -> list[tuple[bool, str]]:
        chat = sorted((*self._asked[person], *self._standin.sent(5001 + person)), key=lambda said: said["message_id"])
        return [(said["from"]["is_bot"], said["text"]) for said in chat]


class Slack:
    channel = "slack"

    def __init__(self, standin: SlackStandIn, http: bool) -> None:
        self.name = f"Slack {'HTTP' if http else 'socket'}"
        self._standin = standin

    async def ask(self, person: int, text: str) -> str:
        await self._standin.say(text, channel=f"D0P{person}", user=f"U0P{person}")
        return str((await self._standin.reply(f"D0P{person}", ANSWER_SECONDS))["text"])

    def said(self, person: int) -> list[tuple[bool, str]]:
        return [(bool(said.get("bot_id")), said["text"]) for said in self._standin.workspace.said(f"D0P{person}")]


RIGHTLY = (("generative", "answered"), ("crisis", "handed_over"))
"""Who should answer a question, and how it ends: the model, unless somebody is in need; then a person is told, too."""


@dataclass(frozen=True, slots=True)
class Travelled:
    """What became of the questions on one road. `waits` in seconds."""

    road: str
    asked: int
    answers: tuple[str, ...]
    out_of_turn: int
    by: Mapping[tuple[str, str], int]
    waits: tuple[float, ...]

    @property
    def good(self) -> bool:
        """Each answered once, in its turn, by the model, and nothing of a template left in it."""
        rightly = sum(self.by.get(way, 0) for way in RIGHTLY)
        everything = rightly == self.asked == len(self.answers)
        return everything and not self.out_of_turn and all(text.strip() and "{{" not in text for text in self.answers)


async def travel(road: Road, questions: Sequence[str], books: Books) -> Travelled:
    """Let several people ask side by side, each the next question once the last was answered."""
    waits: list[float] = []

    async def person(number: int) -> None:
        for question in questions[number::CHATS]:
            began = time.monotonic()
            await road.ask(number, question)
            waits.append(time.monotonic() - began)

    await asyncio.gather(*(person(number) for number in range(CHATS)))
    await _settled(books)
    chats = [road.said(number) for number in range(CHATS)]
    rows = await books.rows(ANSWERED_BY.format(channel=road.channel))
    return Travelled(
        road.name,
        len(questions),
        tuple(text for chat in chats for by_bot, text in chat if by_bot),
        sum(by_bot != bool(place % 2) for chat in chats for place, (by_bot, _) in enumerate(chat)),
        {(row["responder"], row["state"]): row["n"] for row in rows},
        tuple(waits),
    )


async def _settled(books: Books) -> None:
    """Wait until the last receipts are stored: a person may read an answer before the bot knows that it arrived."""
    async with asyncio.timeout(ANSWER_SECONDS):
        while (await books.rows(OPEN))[0]["n"]:
            await asyncio.sleep(0.1)


def telegram_settings(standin: TelegramStandIn, webhook_url: str = "") -> dict[str, str]:
    settings = {"PALAVER_TELEGRAM_TOKEN": standin.token, "PALAVER_TELEGRAM_API_BASE": standin.url}
    if not webhook_url:
        return settings
    hook = {"PALAVER_TELEGRAM_WEBHOOK_URL": f"{webhook_url}/telegram/webhook"}
    return settings | hook | {"PALAVER_TELEGRAM_WEBHOOK_SECRET": SECRET}


def slack_settings(standin: SlackStandIn, http: bool) -> dict[str, str]:
    settings = {"PALAVER_SLACK_BOT_TOKEN": standin.bot_token, "PALAVER_SLACK_API_BASE": standin.api_url}
    if http:
        return settings | {"PALAVER_SLACK_SIGNING_SECRET": standin.signing_secret}
    return settings | {"PALAVER_SLACK_APP_TOKEN": standin.app_token}
