"""Many people write at once to a bot whose model writes slowly, against a Telegram that enforces its limits."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.app import assemble
from bot.store.database import StoreSettings, open_database
from bot.store.ledger import Ledger
from connectors.telegram.standin import Chance, Fault, StandIn
from nlg.contract import Line, Prompt, Role
from nlg.testing import stub_text

FIRST_PERSON, FIRST_GROUP = 5000, -5000
WRONG = Chance(
    (
        (0.05, Fault(status=429, retry_after=1)),
        (0.02, Fault(status=502)),
        (0.01, Fault(drop=True, done=True)),
    )
)
"""5 % of sends and edits get 429, 2 % a server error, 1 % are taken and the answer is lost."""


@dataclass(frozen=True)
class Flood:
    """What is tried: so many chats, one in `groups` of them a group; words of an answer and seconds a word."""

    chats: int = 50
    groups: int = 5
    words: int = 40
    delay: float = 0.1
    wrong: bool = False
    seconds: float = 240.0

    def chat(self, number: int) -> int:
        return FIRST_GROUP - number if number % self.groups == 0 else FIRST_PERSON + number

    @property
    def settings(self) -> dict[str, str]:
        return {
            "PALAVER_WRITER": "stub",
            "PALAVER_SLOTS": str(self.chats),
            "PALAVER_STUB_TOKENS": str(self.words),
            "PALAVER_STUB_DELAY": str(self.delay),
        }


@dataclass(frozen=True)
class Outcome:
    """What people saw. `refused` counts the 429 that were our own doing."""

    chats: int
    right: int
    repeated: int
    refused: int
    by_chance: int
    sends: int
    edits: int
    seconds: float
    first_text: float
    """Median seconds from a person's word to the first words of the answer."""

    def __str__(self) -> str:
        return (
            f"{self.right} of {self.chats} final texts right ({self.repeated} seen twice), {self.refused} times 429 of "
            f"our own doing, {self.by_chance} faults by chance, {self.sends} messages, {self.edits} edits, first words "
            f"after {self.first_text:.1f} s (median), the last answer whole after {self.seconds:.1f} s"
        )


async def flood(plan: Flood, folder: Path) -> Outcome:
    """Let everybody write at once and wait for all answers. Sets the bot's settings in the environment."""
    async with StandIn(flood=True, chance=WRONG if plan.wrong else None) as telegram:
        os.environ.update(telegram.environment | plan.settings)
        return await _run(plan, telegram, folder)


async def _run(plan: Flood, telegram: StandIn, folder: Path) -> Outcome:
    store = StoreSettings(url=f"sqlite:///{folder}/flood.sqlite3")
    async with assemble(("telegram",), store, http=False, limited=False) as bot:
        stopped = asyncio.Event()
        task = asyncio.create_task(bot.run(stopped))
        began = time.monotonic()
        for number in range(plan.chats):
            await telegram.say(_question(number), chat=plan.chat(number))
        await _settle(store, plan)
        seconds = time.monotonic() - began
        stopped.set()
        await task
    return _outcome(plan, telegram, began, seconds)


def _question(number: int) -> str:
    return f"@standin_bot question {number} of the flood"


async def _settle(store: StoreSettings, plan: Flood) -> None:
    """Wait until every message has ended. Raises `TimeoutError`."""
    database = open_database(store)
    ledger = Ledger(database)
    async with asyncio.timeout(plan.seconds):
        accepted = 0
        while accepted < plan.chats or (await ledger.balance()).open:
            await asyncio.sleep(0.2)
            accepted = (await ledger.balance()).accepted
    await database.close()


def _outcome(plan: Flood, telegram: StandIn, began: float, seconds: float) -> Outcome:
    seen = [[str(message["text"]) for message in telegram.sent(plan.chat(number))] for number in range(plan.chats)]
    right = [texts[-1:] == [_expected(plan, number)] for number, texts in enumerate(seen)]
    calls = [call for call in telegram.calls if call.method in ("sendMessage", "editMessageText")]
    refused = sum(call.status == 429 for call in calls) - telegram.faults.statuses[429]
    return Outcome(
        chats=plan.chats,
        right=sum(right),
        repeated=sum(len(texts) > 1 for texts in seen),
        refused=refused,
        by_chance=telegram.faults.by_chance,
        sends=sum(call.method == "sendMessage" for call in calls),
        edits=sum(call.method == "editMessageText" for call in calls),
        seconds=seconds,
        first_text=_median([_first(telegram, plan.chat(number)) - began for number in range(plan.chats)]),
    )


def _expected(plan: Flood, number: int) -> str:
    """What the stub says; the mention of the bot is cut out of the question."""
    prompt = Prompt("", (Line(Role.USER, _question(number).removeprefix("@standin_bot ")),), 1.0)
    return stub_text(prompt, plan.words)


def _first(telegram: StandIn, chat: int) -> float:
    sends = (call for call in telegram.called("sendMessage") if call.params.number("chat_id") == chat)
    return min((call.at for call in sends), default=float("inf"))


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
