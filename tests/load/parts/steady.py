"""A hundred webhooks a second for ten minutes, half of each platform, while the bots answer as much as they can."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.memory import Sample, resident, slope
from tests.load.driving import Answer, drive, milliseconds
from tests.load.people import evenly
from tests.load.place import Place, Roads, set_up
from tests.load.report import Found, Row

RATE, SECONDS, CHATS = 100.0, 600.0, 400
P99_MS, LONGEST_MS = 250.0, 3000.0
SLOPE = 1.0
"""MB a minute, of a process."""
IDLE_MB = 600.0
WARM_UP = 200
LOOK_SECONDS = 2.0
SPAN = 10.0
"""Seconds that a point of the picture stands for."""


async def run(scale: float, folder: Path) -> Found:
    seconds = max(10.0, scale * SECONDS)
    async with set_up(folder) as place:
        idle = place.memory()
        people = place.crowd(CHATS)
        await drive(place.ports, evenly(people, WARM_UP, 20.0))
        await place.drained(0)
        after, samples = await place.newest(), list[Sample]()
        watching = asyncio.create_task(_watch(place, samples))
        answers = await drive(place.ports, evenly(people, int(RATE * seconds), RATE))
        drained = await place.drained(after)
        watching.cancel()
        roads = await place.roads(after)
    memory = _memory(idle, samples)
    return Found([*_taken(answers, seconds), *_answered(answers, roads, drained), *memory], {"steady": _curve(answers)})


async def _watch(place: Place, samples: list[Sample]) -> None:
    while True:
        now = time.monotonic()
        samples += [Sample(bot.child.pid, now, resident(bot.child.pid)) for bot in place.bots]
        await asyncio.sleep(LOOK_SECONDS)


def _taken(answers: Sequence[Answer], seconds: float) -> list[Row]:
    waits = [answer.seconds for answer in answers]
    p50, p99, longest = (milliseconds(waits, percent) for percent in (50, 99, 100))
    refused = sum(not answer.taken for answer in answers)
    in_time = p99 < P99_MS and longest < LONGEST_MS
    found = f"{p50:.0f} / {p99:.0f} / {longest:.0f}"
    return [
        Row(
            f"{RATE:.0f} webhooks a second for {seconds:.0f} s: answers other than 2xx", "0", str(refused), not refused
        ),
        Row("the same: answer, p50 / p99 / max, ms", f"p99 < {P99_MS:.0f}, max < {LONGEST_MS:.0f}", found, in_time),
    ]


def _answered(answers: Sequence[Answer], roads: Roads, drained: float) -> list[Row]:
    lost = sum(answer.taken for answer in answers) - roads.stored
    left = roads.stored - roads.answered
    way = " / ".join(f"{milliseconds(roads.waits, percent) / 1000:.2f}" for percent in (50, 95, 99))
    return [
        Row("the same: taken and not stored", "0", str(lost), lost <= 0),
        Row("the same: stored and not answered", "0", str(left), left == 0),
        Row("the same: commit to receipt of the reply, p50 / p95 / p99, s", "", way),
        Row("the same: until the last was answered, s", "", f"{drained:.0f}"),
    ]


def _memory(idle: float, samples: Sequence[Sample]) -> list[Row]:
    growth = slope(samples)
    told = "too short to say" if growth is None else f"{growth:.2f}"
    return [
        Row("two bots without a model, idle, MB together", f"< {IDLE_MB:.0f}", f"{idle:.0f}", idle < IDLE_MB),
        Row("a bot's memory under that load, MB a minute", f"< {SLOPE:.0f}", told, growth is None or growth < SLOPE),
    ]


def _curve(answers: Sequence[Answer]) -> dict[str, list[float]]:
    spans: dict[int, list[float]] = {}
    for answer in answers:
        spans.setdefault(int(answer.due / SPAN), []).append(answer.seconds)
    return {
        "at": [SPAN * span for span in spans],
        **{f"p{percent}": [milliseconds(waits, percent) for waits in spans.values()] for percent in (50, 99)},
    }
