"""Everything a trial needs, started and taken down: a Telegram, a database, a broker, bots and workers."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from connectors.telegram.standin import Fault, StandIn
from tests.faults.history import read_history
from tests.faults.judge import Findings, judge
from tests.faults.options import Options
from tests.faults.settling import STILL_SECONDS, Left, settled
from tests.faults.traffic import Saying, plan, speak
from tests.rig.brokers import BROKERS, Broker
from tests.rig.children import Children, Died
from tests.rig.databases import DATABASES, Books
from tests.rig.front import Front
from tests.rig.palaver import Bot, Worker, start_bot, start_worker

SECRET = "a-secret-of-this-trial-only-0123456789"
STACKS_SECONDS = 10.0
TURNS = """
    SELECT count(*) AS stored, coalesce(sum(CASE WHEN state IN ('open', 'replying') THEN 1 ELSE 0 END), 0) AS open
    FROM turns WHERE speaker = 'user'
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A bot at work. Cases break it while people write."""

    options: Options
    telegram: StandIn
    front: Front
    books: Books
    broker: Broker
    bots: Sequence[Bot]
    workers: Sequence[Worker]
    moments: list[float] = field(default_factory=list)
    """When something was broken, in seconds since 1970."""

    @property
    def processes(self) -> list[Bot | Worker]:
        return [*self.bots, *self.workers]

    def broken(self) -> None:
        """Note that something is broken now."""
        self.moments.append(time.time())

    async def restart(self, process: Bot | Worker, after: float) -> None:
        """Start it again, as a supervisor would, and wait until it works or is killed once more."""
        await asyncio.sleep(after)
        process.child.start()
        try:
            await process.ready()
        except Died:
            if process.child.code != -signal.SIGKILL:
                raise

    async def stop(self, process: Bot | Worker, seconds: float) -> int:
        """SIGTERM; return the exit status. Raises `TimeoutError`."""
        process.child.signal(signal.SIGTERM)
        return await process.child.ended(seconds)

    async def play(self, disturb: Callable[[], Awaitable[None]]) -> Findings:
        """Let people write while `disturb` breaks things; wait until nothing is open; return what came of it."""
        options = self.options
        sayings = plan(options.messages, options.chats, options.rate, options.twice, options.seed)
        await asyncio.gather(speak(self.telegram, sayings, options.seed), disturb())
        await self.settle()
        return await self.judge(sayings)

    async def judge(self, sayings: Sequence[Saying]) -> Findings:
        return judge(await read_history(self.telegram, sayings, self.books), self.moments)

    async def settle(self) -> None:
        """Wait until every update was taken and nothing is open, or until nothing moves; the judge says which.

        Bots that stand still write down what each of their threads does, and end: nobody would believe it otherwise.
        Raises `Died` where a process has ended that nobody ended.
        """
        if not await settled(self._look, STILL_SECONDS):
            print(f"Nothing has moved for {STILL_SECONDS:.0f} s: {await self._look()}.")
            for bot in self.bots:
                await self._tell_stacks(bot)

    async def _look(self) -> Left:
        for process in self.processes:
            if not process.child.alive:
                raise Died(f"{process.child.name} ended by itself with {process.child.code}:\n{process.child.tail()}")
        found = (await self.books.rows(TURNS))[0]
        return Left(self.telegram.waiting, found["stored"], found["open"])

    async def _tell_stacks(self, bot: Bot) -> None:
        bot.child.signal(signal.SIGABRT)
        with suppress(TimeoutError):
            await bot.child.ended(STACKS_SECONDS)
        print(f"{bot.child.name}:\n{bot.child.tail(80)}")

    def pauses(self) -> list[float]:
        """Return the seconds between faults: random, and spread over the time in which people write."""
        dice = random.Random(self.options.seed)
        mean = self.options.messages / self.options.rate / (self.options.faults + 1)
        return [mean * dice.uniform(0.5, 1.5) for _ in range(self.options.faults)]


@asynccontextmanager
async def set_up(options: Options, folder: Path) -> AsyncIterator[Stage]:
    """Start it all and wait until it works. Whatever happens, nothing is left running."""
    async with AsyncExitStack() as stack:
        children = stack.enter_context(Children(folder))
        books = await stack.enter_async_context(DATABASES[options.store](folder))
        broker = await stack.enter_async_context(BROKERS[options.broker](children, folder))
        telegram = await stack.enter_async_context(StandIn(pace=0.2))
        if options.latency:
            telegram.fault("sendMessage", Fault(delay=options.latency), times=4 * options.messages)
        front = await stack.enter_async_context(Front([]))
        settings = _settings(options, telegram, front, books, broker)
        bots = [start_bot(children, f"bot-{n}", settings, ["telegram"]) for n in range(options.bots)]
        front.targets = [("127.0.0.1", bot.port) for bot in bots]
        flags = ("--stub", "--stub-tokens", str(options.words), "--stub-delay", str(options.token))
        workers = [start_worker(children, f"worker-{n}", broker.url, *flags) for n in range(_workers(options))]
        stage = Stage(options, telegram, front, books, broker, bots, workers)
        await asyncio.gather(*(process.ready() for process in stage.processes))
        yield stage


def _workers(options: Options) -> int:
    return 0 if options.broker == "embedded" else options.workers


def _settings(options: Options, telegram: StandIn, front: Front, books: Books, broker: Broker) -> dict[str, str]:
    settings = {
        "PALAVER_WRITER": "celery" if broker.url else "stub",
        "PALAVER_STUB_TOKENS": str(options.words),
        "PALAVER_STUB_DELAY": str(options.token),
        "PALAVER_DATABASE_URL": books.url,
        "PALAVER_BROKER_URL": broker.url,
        "PALAVER_TELEGRAM_TOKEN": telegram.token,
        "PALAVER_TELEGRAM_API_BASE": telegram.url,
        "PYTHONFAULTHANDLER": "1",  # SIGABRT has every thread say where it is
    }
    if options.store == "sqlite":
        return settings  # one process, by long polling: what a laptop does
    return settings | {
        "PALAVER_TELEGRAM_WEBHOOK_URL": f"{front.url}/telegram/webhook",
        "PALAVER_TELEGRAM_WEBHOOK_SECRET": SECRET,
    }
