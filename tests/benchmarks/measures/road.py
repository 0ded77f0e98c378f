"""How long a message is on its way through the bot, from the person's word to the answer, with a model of no delay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil

from connectors.telegram.standin import StandIn
from tests.acceptance.roads import telegram_settings
from tests.benchmarks.measures import Measurement, Size, under
from tests.faults.history import Seen, read_seen
from tests.faults.traffic import FIRST_CHAT, Saying, plan
from tests.rig.brokers import BROKERS
from tests.rig.children import Children
from tests.rig.databases import DATABASES, Books
from tests.rig.front import Front
from tests.rig.palaver import Bot, start_bot, start_worker

PLACES = (("sqlite", "embedded"), ("postgresql", "redis"), ("postgresql", "rabbitmq"))
RATES = (1.0, 10.0)
WANTED = ("postgresql", "redis", 10.0)
CHATS = 100
WARM_UP = 20
DRAIN_SECONDS = 60.0
STUB = ("--stub", "--stub-tokens", "1", "--stub-delay", "0")
STAGES = """
    SELECT t.text AS name, t.at AS accepted, r.at AS stored, p.sent_at AS confirmed, w.total AS writing
    FROM turns AS t JOIN turns AS r ON r.id = t.reply_id JOIN parts AS p ON p.turn_id = r.id
    LEFT JOIN writings AS w ON w.turn_id = r.id WHERE t.speaker = 'user'
"""


@dataclass(frozen=True, slots=True)
class Trip:
    """One message's moments, in seconds since 1970."""

    said: float
    accepted: float
    stored: float
    seen: float
    confirmed: float
    writing: float

    @property
    def around(self) -> float:
        """From the stored message to the confirmed answer, without what the model took."""
        return self.confirmed - self.accepted - self.writing


async def run(size: Size, folder: Path) -> Measurement:
    """Measure each place at each rate."""
    figures, targets = [], list[dict[str, Any]]()
    for (store, broker), rate in product(PLACES, RATES):
        place = folder / f"{store}-{broker}-{rate:.0f}"
        place.mkdir()
        trips, worked = await _measure(store, broker, rate, size.seconds, place)
        processor = {"bot's processor": round(1000 * worked / len(trips), 1)}
        figures.append(_row(f"{store} + {broker}", rate, trips) | processor)
        if (store, broker, rate) == WANTED:
            targets += _targets([1000 * trip.around for trip in trips])
    return Measurement("From a person's word to the answer, model of no delay; stages: medians in ms", figures, targets)


def _targets(around: list[float]) -> list[dict[str, Any]]:
    name = "the road around the engine, PostgreSQL + Redis, 10 messages/s"
    return [under(f"{name}: median, ms", 30, median(around)), under(f"{name}: p95, ms", 100, _p95(around))]


async def _measure(store: str, broker: str, rate: float, seconds: float, folder: Path) -> tuple[list[Trip], float]:
    """Let people write `rate` messages a second for so long; return their trips, and the bot's processor seconds."""
    async with _set_up(store, broker, folder) as (telegram, books, bot):
        await _speak(telegram, plan(WARM_UP, CHATS, 10.0, twice=0.0))
        before, worked = len(read_seen(telegram)), _worked(bot)
        sayings = [
            _after_warm_up(n, saying) for n, saying in enumerate(plan(int(rate * seconds), CHATS, rate, twice=0.0))
        ]
        said = await _speak(telegram, sayings)
        seen, worked = read_seen(telegram), _worked(bot) - worked
        trips = _trips(said, seen, await books.rows(STAGES))
        if len(trips) != len(sayings) or len(seen) - before != len(sayings):
            raise AssertionError(f"{len(sayings)} messages, but {len(seen) - before} answers")
    return trips, worked


@asynccontextmanager
async def _set_up(store: str, broker: str, folder: Path) -> AsyncIterator[tuple[StandIn, Books, Bot]]:
    async with AsyncExitStack() as stack:
        children = stack.enter_context(Children(folder))
        opened = await stack.enter_async_context(BROKERS[broker](children, folder))
        books = await stack.enter_async_context(DATABASES[store](folder))
        telegram = await stack.enter_async_context(StandIn())
        front = await stack.enter_async_context(Front([]))
        settings = telegram_settings(telegram, front.url) | {
            "PALAVER_DATABASE_URL": books.url,
            "PALAVER_BROKER_URL": opened.url,
            "PALAVER_WRITER": "celery" if opened.url else "stub",
            "PALAVER_STUB_TOKENS": "1",
            "PALAVER_STUB_DELAY": "0",
        }
        bot = start_bot(children, "bot", settings, ["telegram"])
        front.targets = [("127.0.0.1", bot.port)]
        if opened.url:
            await start_worker(children, "worker", opened.url, *STUB).ready()
        await bot.ready()
        yield telegram, books, bot


def _worked(bot: Bot) -> float:
    """Return the seconds of processor time the bot has used."""
    times = psutil.Process(bot.child.pid).cpu_times()
    return float(times.user + times.system)


async def _speak(telegram: StandIn, sayings: list[Saying]) -> dict[str, float]:
    """Write everything at its time, wait for all answers, and return when each was written."""
    loop = asyncio.get_running_loop()
    began, answers, said = loop.time(), len(read_seen(telegram)), {}
    for saying in sayings:
        await asyncio.sleep(max(0.0, began + saying.at - loop.time()))
        said[saying.name] = time.time()
        await telegram.say(saying.name, chat=saying.chat)
    await telegram.until(lambda: len(telegram.called("sendMessage")) >= answers + len(sayings), DRAIN_SECONDS)
    await asyncio.sleep(1.0)  # the last receipts are stored after the answers were seen
    return said


def _after_warm_up(number: int, saying: Saying) -> Saying:
    """Names and chats of their own, the chats in turn: nobody writes twice within a burst."""
    return Saying(saying.at, FIRST_CHAT + CHATS + number % CHATS, f"q{number}")


def _trips(said: dict[str, float], seen: list[Seen], rows: list[dict[str, Any]]) -> list[Trip]:
    at = {message.text: message.at for message in seen}
    return [
        Trip(said[row["name"]], row["accepted"], row["stored"], at[row["name"]], row["confirmed"], _seconds(row))
        for row in rows
        if row["name"] in said and row["name"] in at
    ]


def _seconds(row: dict[str, Any]) -> float:
    return float(row["writing"] or 0) / 1000


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[18]


def _row(place: str, rate: float, trips: list[Trip]) -> dict[str, Any]:
    def middle(parts: list[float]) -> float:
        return round(1000 * median(parts), 1)

    ways = [1000 * (trip.seen - trip.said) for trip in trips]
    return {
        "place": place,
        "a second": rate,
        "messages": len(trips),
        "median ms": round(median(ways), 1),
        "p95 ms": round(_p95(ways), 1),
        "max ms": round(max(ways), 1),
        "to commit": middle([trip.accepted - trip.said for trip in trips]),
        "to reply stored": middle([trip.stored - trip.accepted for trip in trips]),
        "to reply seen": middle([trip.seen - trip.stored for trip in trips]),
        "to receipt stored": middle([trip.confirmed - trip.seen for trip in trips]),
    }
