"""How long the admin's list of conversations and dashboard take to come, the more turns there are.

What is timed is the whole page as a browser gets it: session, audit row, queries, counts, template.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bot.staff import Role
from bot.store.database import Database, StoreSettings, open_database
from bot.store.revisions import upgrade
from bot.store.tallying.tallies import Tallies
from tests.benchmarks.measures import Measurement, Size
from tests.benchmarks.turns.loading import load
from tests.rig.admin import Visitor, open_office
from tests.rig.databases import DATABASES
from tests.rig.servers import Unavailable

TURNS = (10_000, 100_000, 1_000_000)
ROUNDS = 7
LIST: Mapping[str, Mapping[str, str]] = {"the newest": {}}
FILTERS: Mapping[str, Mapping[str, str]] = {
    "channel": {"channel": "slack"},
    "account": {"account": "T0TINY"},
    "language": {"language": "zh"},
    "an old model": {"model": "service@1"},
    "a canary": {"model": "service@4"},
    "handed over": {"state": "handed_over"},
    "too busy": {"state": "shed"},
    "answered by a person": {"answering": "human"},
    "not reviewed": {"reviewed": "no"},
    "several": {"account": "T0TINY", "language": "zh", "model": "service@1"},
}
SEARCHES: Mapping[str, Mapping[str, str]] = {
    "refund": {"q": "refund"},
    "退款": {"q": "退款"},
    "the": {"q": "the"},
    "我": {"q": "我"},
    "我的订单号": {"q": "我的订单号"},
    "order refund": {"q": "order refund"},
    "a number": {"q": "A-482"},
    "nowhere": {"q": "zebra"},
    "refund, Slack": {"q": "refund", "channel": "slack"},
}
DASHBOARDS: Mapping[str, Mapping[str, str]] = {
    "a month": {"span": "month"},
    "a quarter": {"span": "quarter"},
    "a year": {"span": "year"},
    "a year, Slack": {"span": "year", "channel": "slack"},
    "a year, a version": {"span": "year", "version": "service@2"},
}
PAGES = {
    "list": ("/conversations", LIST),
    "filter": ("/conversations", FILTERS),
    "search": ("/conversations", SEARCHES),
    "dashboard": ("/dashboard", DASHBOARDS),
}


async def run(size: Size, folder: Path) -> Measurement:
    """Fill each database with each number of turns up to `size.turns`, and ask for pages."""
    rows = []
    for name, opened in DATABASES.items():
        for turns in (count for count in TURNS if count <= size.turns):
            place = folder / f"{name}-{turns}"
            place.mkdir()
            async with AsyncExitStack() as held:
                try:
                    books = await held.enter_async_context(opened(place))
                except Unavailable:
                    continue
                database = open_database(StoreSettings(url=books.url))
                held.push_async_callback(database.close)
                await upgrade(database)
                async for _ in load(database, turns):
                    pass
                rows.append({"database": name, "turns": f"{turns:,}", **await measure(database)})
    return Measurement(f"The admin's list of conversations and dashboard, ms a page, medians of {ROUNDS}", rows)


async def measure(database: Database) -> dict[str, Any]:
    """Return the medians of each kind of page, what took longest among each, and how long all hours took to count."""
    began = time.perf_counter()
    await Tallies(database).roll()
    counted = time.perf_counter() - began
    office = await open_office(database)
    async with office.visitor(Role.REVIEWER) as visitor:
        await visitor.get("/conversations")
        times = {
            kind: {name: await _median(visitor, path, query) for name, query in queries.items()}
            for kind, (path, queries) in PAGES.items()
        }
    return dict(_columns(times)) | {"first count": f"{counted:.0f} s"}


def _columns(times: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, str]]:
    for kind, found in times.items():
        yield kind, f"{median(found.values()):.0f}"
        if len(found) > 1:
            slowest = max(found, key=lambda name: found[name])
            yield f"slowest {kind}", f"{found[slowest]:.0f} ({slowest})"


async def _median(visitor: Visitor, path: str, query: Mapping[str, str]) -> float:
    return median([await _page(visitor, path, query) for _ in range(ROUNDS)])


async def _page(visitor: Visitor, path: str, query: Mapping[str, str]) -> float:
    began = time.perf_counter()
    answer = await visitor.get(path, **query)
    assert answer.status_code == 200, answer.status_code
    return 1000 * (time.perf_counter() - began)
