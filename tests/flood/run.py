"""Many people write at once to a bot whose model writes slowly, against a platform that enforces its limits."""

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
from nlg.contract import Line, Prompt, Role
from nlg.testing import stub_text
from tests.flood.crowd import Counts, Crowd, question
from tests.flood.slack import SlackCrowd
from tests.flood.telegram import TelegramCrowd

CROWDS = {"telegram": TelegramCrowd, "slack": SlackCrowd}


@dataclass(frozen=True)
class Flood:
    """What is tried: so many chats, one in `groups` of them a group; words of an answer and seconds a word.

    Everybody asks so many `questions`, each once all have been answered.
    """

    platform: str = "telegram"
    chats: int = 50
    groups: int = 5
    words: int = 40
    delay: float = 0.1
    questions: int = 1
    wrong: bool = False
    seconds: float = 240.0

    @property
    def settings(self) -> dict[str, str]:
        return {
            "PALAVER_WRITER": "stub",
            "PALAVER_SLOTS": str(self.chats),
            "PALAVER_STUB_TOKENS": str(self.words),
            "PALAVER_STUB_DELAY": str(self.delay),
        }

    def crowd(self) -> Crowd:
        crowd: Crowd = CROWDS[self.platform](wrong=self.wrong, groups=self.groups)
        return crowd


@dataclass(frozen=True)
class Outcome:
    """What people saw, and what the platform counted."""

    chats: int
    right: int
    """Chats in which every answer ended as it should."""
    repeated: int
    """Answers that were seen twice."""
    counts: Counts
    seconds: float
    """From the first word until the last answer was whole, on average for one question of everybody's."""
    first_text: float
    """Median seconds from a person's first word to the first words of the answer."""

    @property
    def refused(self) -> int:
        return self.counts.refused

    @property
    def edits(self) -> int:
        return self.counts.edits

    def __str__(self) -> str:
        counts = self.counts
        return (
            f"{self.right} of {self.chats} final texts right ({self.repeated} seen twice), {counts.refused} times 429 "
            f"of our own doing; {counts.posts} messages and {counts.edits} edits, by chance {counts.rates}; first "
            f"words after {self.first_text:.1f} s (median), the last answer whole after {self.seconds:.1f} s"
        )


async def flood(plan: Flood, folder: Path) -> Outcome:
    """Let everybody write at once and wait for all answers. Sets the bot's settings in the environment."""
    async with plan.crowd() as crowd:
        os.environ.update({**crowd.environment, **plan.settings})
        return await _run(plan, crowd, folder)


async def _run(plan: Flood, crowd: Crowd, folder: Path) -> Outcome:
    store = StoreSettings(url=f"sqlite:///{folder}/flood.sqlite3")
    async with assemble((crowd.channel,), store, http=False, limited=False) as bot:
        stopped = asyncio.Event()
        task = asyncio.create_task(bot.run(stopped))
        await crowd.ready()
        began = time.monotonic()
        right, repeated = set(range(plan.chats)), 0
        for turn in range(1, plan.questions + 1):
            before = [len(crowd.seen(number)) for number in range(plan.chats)]
            for number in range(plan.chats):
                await crowd.ask(number)
            await _settle(store, plan, turn * plan.chats)
            new = [crowd.seen(number)[before[number] :] for number in range(plan.chats)]
            right &= {number for number, texts in enumerate(new) if texts[-1:] == [_expected(plan, number)]}
            repeated += sum(len(texts) > 1 for texts in new)
        seconds = (time.monotonic() - began) / plan.questions
        stopped.set()
        await task
    first = _median([crowd.first(number) - began for number in range(plan.chats)])
    return Outcome(plan.chats, len(right), repeated, crowd.counts(), seconds, first)


async def _settle(store: StoreSettings, plan: Flood, asked: int) -> None:
    """Wait until every message that was asked has ended. Raises `TimeoutError`."""
    database = open_database(store)
    ledger = Ledger(database)
    async with asyncio.timeout(plan.seconds):
        accepted = 0
        while accepted < asked or (await ledger.balance()).open:
            await asyncio.sleep(0.2)
            accepted = (await ledger.balance()).accepted
    await database.close()


def _expected(plan: Flood, number: int) -> str:
    """What the stub says: it repeats the last line."""
    return stub_text(Prompt("", (Line(Role.USER, question(number)),), 1.0), plan.words)


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
