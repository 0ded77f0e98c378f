"""The whole road of one bot on Telegram: ten messages a second, then thirty, which is all that a bot may send."""

from __future__ import annotations

from pathlib import Path

from tests.load.driving import drive, milliseconds
from tests.load.people import evenly, on_telegram
from tests.load.place import Place, set_up
from tests.load.report import Found, Row

SECONDS, CHATS = 45.0, 600
WARM_UP = 100
P95_SECONDS = 2.0
LANE = 30.0
NEARLY = 0.97


async def run(scale: float, folder: Path) -> Found:
    seconds = max(8.0, scale * SECONDS)
    async with set_up(folder) as place:
        await _let_write(place, WARM_UP, 10.0)
        rows = [*await _at(place, 10.0, seconds), *await _at(place, LANE, seconds)]
    return Found(rows)


async def _at(place: Place, rate: float, seconds: float) -> list[Row]:
    count, after = int(rate * seconds), await place.newest()
    await _let_write(place, count, rate)
    roads = await place.roads(after)
    p50, p95, p99 = (milliseconds(roads.waits, percent) / 1000 for percent in (50, 95, 99))
    told, name = (
        f"{p50:.2f} / {p95:.2f} / {p99:.2f}",
        f"one Telegram bot, {rate:.0f} messages a second for {seconds:.0f} s",
    )
    wanted = f"p95 < {P95_SECONDS:.0f}" if rate < LANE else ""
    enough = roads.rate >= NEARLY * rate
    return [
        Row(f"{name}: answered", str(count), str(roads.answered), roads.answered == count),
        Row("the same: answered a second", f">= {NEARLY * rate:.1f}", f"{roads.rate:.1f}", enough),
        Row("the same: commit to receipt, p50 / p95 / p99, s", wanted, told, p95 < P95_SECONDS if wanted else None),
    ]


async def _let_write(place: Place, count: int, rate: float) -> None:
    people = [on_telegram() for _ in range(CHATS)]
    for person in people:
        place.know(person)
    after = await place.newest()
    await drive(place.ports, evenly(people, count, rate))
    await place.drained(after)
