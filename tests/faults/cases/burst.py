"""Everybody writes at once: each webhook is taken, soon, and all are answered in the end."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from tests.faults.memory import resident
from tests.faults.options import Options
from tests.faults.report import Row, rows, spread
from tests.faults.stage import Stage

ROWS = ("F16",)
RATE = 170.0
"""10,000 within a minute."""
P99_SECONDS, LONGEST_SECONDS = 1.0, 3.0
GROWTH = 200


def options(asked: Options) -> Options | None:
    """Only by webhook: who fetches takes no more at once than it asked for."""
    return None if asked.store == "sqlite" else replace(asked, rate=RATE, faults=0, latency=0.0)


async def run(stage: Stage) -> list[Row]:
    before = _memory(stage)
    findings = await stage.play(lambda: asyncio.sleep(0))
    grown = _memory(stage) - before
    taken = stage.telegram.deliveries
    statuses = Counter(delivery.status for delivery in taken)
    seconds = sorted(delivery.seconds for delivery in taken)
    in_time = seconds[int(0.99 * (len(seconds) - 1))] < P99_SECONDS and seconds[-1] < LONGEST_SECONDS
    return [
        *rows(findings, duplicates=0),
        Row("answers to webhooks", "200 each", str(dict(statuses)), set(statuses) == {200}),
        Row("a webhook's answer, p50 / p99 / max", "p99 < 1 s, max < 3 s", spread(seconds), in_time),
        Row("growth of the bots' memory", f"< {GROWTH} MB", f"{grown:.0f} MB", grown < GROWTH),
    ]


def _memory(stage: Stage) -> float:
    """Return what the bots hold resident together, in MB."""
    return sum(resident(bot.child.pid) for bot in stage.bots)
