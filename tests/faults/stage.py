"""A bot at work, as the cases see it: what they break, who writes, and what came of it."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from connectors.telegram.standin import StandIn
from tests.faults.history import read_history
from tests.faults.judge import Findings, judge
from tests.faults.options import Options
from tests.faults.settling import STILL_SECONDS, Left, settled
from tests.faults.traffic import Saying, plan, speak
from tests.rig.brokers import Broker
from tests.rig.children import Children, Died
from tests.rig.databases import Books
from tests.rig.front import Front
from tests.rig.palaver import Bot, Worker

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
    link: Front
    """Between everybody and the broker, where the options ask for it."""
    bots: Sequence[Bot]
    workers: Sequence[Worker]
    settings: Mapping[str, str]
    """What a bot here is started with."""
    children: Children
    moments: list[float] = field(default_factory=list)
    """When something was broken, in seconds since 1970."""
    deaths: list[str] = field(default_factory=list)
    """Who ended by itself and was started again."""
    late: list[str] = field(default_factory=list)
    """Who was started again and was not ready in time; what people notice of it the judge sees."""

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
        except TimeoutError as error:
            print(error)
            self.late.append(process.child.name)

    async def stop(self, process: Bot | Worker, seconds: float) -> int:
        """SIGTERM; return the exit status. Raises `TimeoutError`."""
        process.child.signal(signal.SIGTERM)
        return await process.child.ended(seconds)

    async def supervise(self) -> None:
        """Start again whatever ends by itself, a second later, as systemd does; until cancelled."""
        while True:
            for process in [process for process in self.processes if not process.child.alive]:
                self.deaths.append(process.child.name)
                await asyncio.sleep(1.0)
                process.child.start()
            await asyncio.sleep(0.2)

    def plan(self) -> list[Saying]:
        """Return what people will write."""
        options = self.options
        return plan(options.messages, options.chats, options.rate, options.twice, options.seed)

    async def play(self, disturb: Callable[[], Awaitable[None]], sayings: Sequence[Saying] | None = None) -> Findings:
        """Let people write while `disturb` breaks things; wait until nothing is open; return what came of it."""
        sayings = self.plan() if sayings is None else list(sayings)
        await asyncio.gather(speak(self.telegram, sayings, self.options.seed), disturb())
        await self.settle()
        return await self.judge(sayings)

    async def strikes(self, strike: Strike) -> None:
        """Strike at random times while people write, one after the other; one that takes long delays the next."""
        dice = random.Random(self.options.seed)
        due = time.monotonic()
        for pause in self.pauses():
            due += pause
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await strike(self, dice)

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
            if not process.child.alive and not self.options.supervised:
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


Strike = Callable[[Stage, random.Random], Awaitable[None]]
"""One fault, at once: it returns when what was broken is whole again."""
