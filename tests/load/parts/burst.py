"""Ten thousand webhooks within a minute in two hundred chats: each is taken soon, and all are answered."""

from __future__ import annotations

from pathlib import Path

from tests.load.driving import drive, milliseconds
from tests.load.people import evenly
from tests.load.place import DRAIN_SECONDS, set_up
from tests.load.report import Found, Row

COUNT, SECONDS, CHATS = 10_000, 55.0, 200
P99_MS, LONGEST_MS, GROWTH_MB = 1000.0, 3000.0, 200.0


async def run(scale: float, folder: Path) -> Found:
    count = max(400, int(scale * COUNT))
    async with set_up(folder) as place:
        people, before = place.crowd(CHATS), place.memory()
        answers = await drive(place.ports, evenly(people, count, COUNT / SECONDS))
        drained = await place.drained(0)
        grown, roads = place.memory() - before, await place.roads(0)
    waits = [answer.seconds for answer in answers]
    taken = sum(answer.taken for answer in answers)
    p50, p99, longest = (milliseconds(waits, percent) for percent in (50, 99, 100))
    told, in_time = f"{p50:.0f} / {p99:.0f} / {longest:.0f}", p99 < P99_MS and longest < LONGEST_MS
    wanted = f"p99 < {P99_MS:.0f}, max < {LONGEST_MS:.0f}"
    return Found(
        [
            Row(
                f"burst of {count} at {COUNT / SECONDS:.0f} a second, nothing warm: taken",
                str(count),
                str(taken),
                taken == count,
            ),
            Row("the same: answer, p50 / p99 / max, ms", wanted, told, in_time),
            Row("the same: answered", str(taken), str(roads.answered), roads.answered == taken),
            Row(
                "the same: the last answered after, s",
                f"<= {DRAIN_SECONDS:.0f}",
                f"{drained:.0f}",
                drained < DRAIN_SECONDS,
            ),
            Row("the same: growth of the bots' memory, MB", f"< {GROWTH_MB:.0f}", f"{grown:.0f}", grown < GROWTH_MB),
        ]
    )
