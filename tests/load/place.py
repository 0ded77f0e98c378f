"""A whole Palaver for the measurement: stand-ins of both platforms, PostgreSQL, Redis, two bots and a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.slack.standin import StandIn as Slack
from connectors.telegram.standin import StandIn as Telegram
from tests.acceptance.roads import slack_settings, telegram_settings
from tests.faults.memory import resident
from tests.load.people import Person, on_slack, on_telegram
from tests.rig.brokers import BROKERS
from tests.rig.children import Children
from tests.rig.databases import DATABASES, Books
from tests.rig.front import Front
from tests.rig.palaver import Bot, Worker, start_bot, start_worker

STUB = ("--stub", "--stub-tokens", "8", "--stub-delay", "0.004", "--slots", "64")
"""A model that takes 30 ms."""
DRAIN_SECONDS = 360.0
OPEN = "SELECT count(*) AS n FROM turns WHERE speaker = 'user' AND state IN ('open', 'replying') AND id > {after}"
NEWEST = "SELECT coalesce(max(id), 0) AS n FROM turns"
ROADS = """
    SELECT t.conversation_id, t.state, coalesce(r.responder, '') AS responder, t.at AS accepted,
           (SELECT max(p.sent_at) FROM parts AS p WHERE p.turn_id = t.reply_id) AS sent
    FROM turns AS t LEFT JOIN turns AS r ON r.id = t.reply_id WHERE t.speaker = 'user' AND t.id > {after}
"""


@dataclass(frozen=True, slots=True)
class Roads:
    """What became of messages: `waits` in seconds from commit to receipt, in no order; `rate` answered a second."""

    stored: int
    answered: int
    by_model: int
    waits: tuple[float, ...]
    rate: float


@dataclass(frozen=True, slots=True)
class Place:
    """What was started, and how to ask it."""

    telegram: Telegram
    slack: Slack
    books: Books
    bots: Sequence[Bot]
    workers: Sequence[Worker]

    @property
    def ports(self) -> list[int]:
        return [bot.port for bot in self.bots]

    def memory(self) -> float:
        """Return what the bots hold resident together, in MB."""
        return sum(resident(bot.child.pid) for bot in self.bots)

    def crowd(self, count: int) -> list[Person]:
        """Return so many people, every other one on Slack; the stand-in of Telegram knows their chats."""
        people = [on_slack() if at % 2 else on_telegram() for at in range(count)]
        for person in people:
            self.know(person)
        return people

    def know(self, person: Person) -> None:
        if person.platform == "telegram":
            self.telegram.know(int(person.chat))

    async def newest(self) -> int:
        """Return the number of the last turn so far."""
        return int((await self.books.rows(NEWEST))[0]["n"])

    async def drained(self, after: int, seconds: float = DRAIN_SECONDS) -> float:
        """Wait until nothing after that turn is open, so long at most, and return how long it took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds and await self._open(after):
            await asyncio.sleep(0.5)
        return time.monotonic() - began

    async def _open(self, after: int) -> int:
        return int((await self.books.rows(OPEN.format(after=after)))[0]["n"])

    async def roads(self, after: int) -> Roads:
        """Return what became of the messages after that turn."""
        return _roads(await self.books.rows(ROADS.format(after=after)))


def _roads(rows: Sequence[Mapping[str, Any]]) -> Roads:
    sent = [row["sent"] for row in rows if row["sent"] is not None]
    first = min((row["accepted"] for row in rows), default=0.0)
    return Roads(
        stored=len(rows),
        answered=len(sent),
        by_model=sum(row["responder"] == "generative" for row in rows),
        waits=tuple(row["sent"] - row["accepted"] for row in rows if row["sent"] is not None),
        rate=len(sent) / (max(sent) - first) if sent else 0.0,
    )


@asynccontextmanager
async def set_up(
    folder: Path, flags: Sequence[str] = STUB, bots: int = 2, store: str = "postgresql", books: Books | None = None
) -> AsyncIterator[Place]:
    """Start it all and wait until it works. SQLite has one bot, and the stub in its process.

    Without `books` the database is new and empty. Raises `Unavailable` where a server is missing.
    """
    async with AsyncExitStack() as stack:
        children = stack.enter_context(Children(folder))
        alone = store == "sqlite"
        broker = await stack.enter_async_context(BROKERS["embedded" if alone else "redis"](children, folder))
        books = books or await stack.enter_async_context(DATABASES[store](folder))
        telegram, slack = await stack.enter_async_context(Telegram()), await stack.enter_async_context(Slack())
        front = await stack.enter_async_context(Front([]))
        settings = telegram_settings(telegram, front.url) | slack_settings(slack, http=True)
        settings |= {"PALAVER_DATABASE_URL": books.url, "PALAVER_BROKER_URL": broker.url, **_writer(alone)}
        names = ["bot-0"] if alone else [f"bot-{n}" for n in range(bots)]
        started = [start_bot(children, name, settings, ["telegram", "slack"]) for name in names]
        front.targets = [("127.0.0.1", bot.port) for bot in started]
        workers = [] if alone else [start_worker(children, "worker", broker.url, *flags)]
        place = Place(telegram, slack, books, started, workers)
        await asyncio.gather(*(process.ready() for process in [*started, *workers]))
        yield place


def _writer(alone: bool) -> dict[str, str]:
    stub = {"PALAVER_STUB_TOKENS": "8", "PALAVER_STUB_DELAY": "0.004"}
    return {"PALAVER_WRITER": "stub", **stub} if alone else {"PALAVER_WRITER": "celery"}
