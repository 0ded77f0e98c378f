"""How many webhooks a second are committed before they are answered, beside servers that only answer."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from connectors.slack.standin import StandIn as SlackStandIn
from connectors.telegram.standin import StandIn as TelegramStandIn
from tests.acceptance.roads import slack_settings, telegram_settings
from tests.benchmarks.load import Measured, press
from tests.benchmarks.measures import Measurement, Size
from tests.benchmarks.rivals import command
from tests.benchmarks.webhooks import slack_webhook, telegram_webhook
from tests.rig.children import Children
from tests.rig.databases import DATABASES, Books
from tests.rig.palaver import environment, start_bot
from tests.rig.ports import free_port

CLIENTS = 16
CHATS = 200
ROOT = Path(__file__).parents[3]
numbers = itertools.count(1)

Make = Callable[[int], list[bytes]]


@dataclass(frozen=True, slots=True)
class Target:
    """A server to press. `books` is where it stores, if it does."""

    name: str
    platform: str
    port: int
    pid: int
    books: Books | None = None

    def worked(self) -> float:
        """Return the seconds of processor time it has used."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class Round:
    measured: Measured
    worked: float


async def run(size: Size, folder: Path) -> Measurement:
    """Press every target in turn, so that what else the machine does falls on all alike."""
    figures = await _measure(folder, size.webhooks, size.rounds)
    title = f"Webhooks taken, {CLIENTS} clients, medians of {size.rounds} rounds of {size.webhooks} (max: of all)"
    return Measurement(title, figures)


async def _measure(folder: Path, count: int, rounds: int) -> list[dict[str, Any]]:
    """Return a row a target."""
    async with AsyncExitStack() as stack:
        targets = await _start(stack, folder)
        found: defaultdict[Target, list[Round]] = defaultdict(list)
        for _ in range(rounds):
            for target in targets:
                found[target].append(await _press(target, count))
        return [_row(target, measured) for target, measured in found.items()]


async def _press(target: Target, count: int) -> Round:
    requests = MAKERS[target.platform](count)
    stored, worked = await _stored(target), target.worked()
    measured = await press(target.port, requests, CLIENTS)
    worked = target.worked() - worked
    if target.books is not None and await _stored(target) - stored != count:
        raise AssertionError(f"{target.name} did not store every message that it took")
    return Round(measured, worked / count)


def telegram_requests(count: int) -> list[bytes]:
    made = (next(numbers) for _ in range(count))
    return [telegram_webhook(number, 5001 + number % CHATS, f"Where is m{number}?") for number in made]


def slack_requests(count: int) -> list[bytes]:
    made = (next(numbers) for _ in range(count))
    return [slack_webhook(number, f"D0P{number % CHATS}", f"m{number}?") for number in made]


MAKERS: dict[str, Make] = {"Telegram": telegram_requests, "Slack": slack_requests}


async def _start(stack: AsyncExitStack, folder: Path) -> list[Target]:
    children = stack.enter_context(Children(folder))
    telegram = await stack.enter_async_context(TelegramStandIn())
    slack = await stack.enter_async_context(SlackStandIn())
    # The stub takes longer than the measurement, as a model under load does: answers are not what is measured here.
    settings = telegram_settings(telegram, "http://127.0.0.1") | slack_settings(slack, http=True)
    settings |= {"PALAVER_WRITER": "stub", "PALAVER_STUB_TOKENS": "2", "PALAVER_STUB_DELAY": "10"}
    targets = []
    for store in DATABASES:
        place = folder / store
        place.mkdir()
        books = await stack.enter_async_context(DATABASES[store](place))
        bot = start_bot(children, store, settings | {"PALAVER_DATABASE_URL": books.url}, ["telegram", "slack"])
        await bot.ready()
        targets += [Target(f"Palaver, {store}", platform, bot.port, bot.child.pid, books) for platform in MAKERS]
    return [*targets, *await _rivals(children)]


async def _rivals(children: Children) -> list[Target]:
    targets = []
    for name, platforms in (("bare", MAKERS), ("stock_telegram", ["Telegram"]), ("stock_slack", ["Slack"])):
        port = free_port()
        child = children.start(name, command(name, port), environment({"PYTHONPATH": str(ROOT)}))
        await child.until(lambda port=port: _listens(port), 30)  # type: ignore[misc]
        targets += [Target(NAMES[name], platform, port, child.pid) for platform in platforms]
    return targets


NAMES = {
    "bare": "bare Starlette (stores nothing: the ceiling)",
    "stock_telegram": "python-telegram-bot's example (stores nothing)",
    "stock_slack": "Bolt for Python, default (stores nothing)",
}


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _stored(target: Target) -> int:
    if target.books is None:
        return 0
    rows = await target.books.rows("SELECT count(*) AS n FROM turns WHERE speaker = 'user'")
    return int(rows[0]["n"])


def _row(target: Target, rounds: Sequence[Round]) -> dict[str, Any]:
    return {
        "server": target.name,
        "webhook": target.platform,
        "a second": round(median(one.measured.rate for one in rounds)),
        "p50 ms": round(median(one.measured.percentile(50) for one in rounds), 1),
        "p99 ms": round(median(one.measured.percentile(99) for one in rounds), 1),
        "max ms": round(1000 * max(max(one.measured.waits) for one in rounds), 1),
        "processor ms each": round(1000 * median(one.worked for one in rounds), 2),
        "not 2xx": sum(one.measured.refused for one in rounds),
    }
