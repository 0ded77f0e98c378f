"""What a message costs beside 10 thousand to a million turns of others, and how long the admin's pages take."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.store.database import StoreSettings, open_database
from bot.store.revisions import upgrade
from tests.benchmarks.measures.reading import measure
from tests.benchmarks.turns.loading import load
from tests.load.driving import drive, milliseconds
from tests.load.people import evenly
from tests.load.place import set_up
from tests.load.report import Found, Row
from tests.rig.databases import DATABASES, Books

SIZES = {"postgresql": (10_000, 100_000, 1_000_000), "sqlite": (10_000, 100_000)}
MILLION = 1_000_000
COUNT, RATE, CHATS = 150, 10.0, 100
SEARCH_MS, MOST_TIMES = 300.0, 2.0


@dataclass(frozen=True, slots=True)
class Cost:
    """In milliseconds: until a webhook was answered (half; 99 in 100), until the reply was received; admin's pages."""

    taken: float
    slowly: float
    answered: float
    pages: dict[str, Any]


async def run(scale: float, folder: Path) -> Found:
    most = MILLION if scale >= 1 else max(10_000, int(scale * MILLION))
    found: dict[tuple[str, int], Cost] = {}
    for store, sizes in SIZES.items():
        for turns in (size for size in sizes if size <= most):
            place = folder / f"{store}-{turns}"
            place.mkdir()
            found[store, turns] = await _measure(store, turns, place)
    rows = [row for (store, turns), cost in found.items() for row in _rows(store, turns, cost, found[store, 10_000])]
    curves = {
        f"{store}, {name}": {
            "at": [turns for at, turns in found if at == store],
            "ms": [getattr(cost, field) for (at, _), cost in found.items() if at == store],
        }
        for store in SIZES
        for name, field in (("webhook", "taken"), ("reply", "answered"))
    }
    return Found(rows, {"size": curves})


async def _measure(store: str, turns: int, folder: Path) -> Cost:
    async with AsyncExitStack() as stack:
        books = await stack.enter_async_context(DATABASES[store](folder))
        pages = await _fill(books, turns)
        place = await stack.enter_async_context(set_up(folder, store=store, books=books))
        people = place.crowd(CHATS)
        await drive(place.ports, evenly(people, COUNT // 3, RATE))
        await place.drained(0, 20.0)
        after = await place.newest()
        answers = await drive(place.ports, evenly(people, COUNT, RATE))
        await place.drained(after, 60.0)
        waits, roads = [answer.seconds for answer in answers], await place.roads(after)
        return Cost(milliseconds(waits, 50), milliseconds(waits, 99), milliseconds(roads.waits, 50), pages)


async def _fill(books: Books, turns: int) -> dict[str, Any]:
    """Fill it, and return how long pages of the admin's list take."""
    database = open_database(StoreSettings(url=books.url))
    try:
        await upgrade(database)
        async for _ in load(database, turns):
            pass
        return await measure(database)
    finally:
        await database.close()


def _rows(store: str, turns: int, cost: Cost, least: Cost) -> list[Row]:
    name = f"{store}, {turns:,} turns"
    pages = f"{cost.pages['list']} / {cost.pages['filter']} / {cost.pages['search']}"
    slowest = cost.pages["slowest search"]
    fits = float(slowest.split()[0]) < SEARCH_MS
    wanted = f"<= {MOST_TIMES:g} times that of 10,000 turns"
    told = f"{cost.taken:.0f} / {cost.slowly:.0f}; {cost.answered:.0f}"
    return [
        Row(f"{name}: webhook p50 / p99; reply p50, ms", wanted, told, cost.answered <= MOST_TIMES * least.answered),
        Row(
            f"{name}: admin's list / filters / searches, ms; slowest search",
            f"< {SEARCH_MS:.0f}",
            f"{pages}; {slowest}",
            fits,
        ),
    ]
