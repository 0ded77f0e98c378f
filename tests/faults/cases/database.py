"""PostgreSQL is stopped at once, without a checkpoint, and recovers: nothing that was committed is lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace
from functools import partial

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.rig.cluster import Cluster

ROWS = ("F9",)
AWAY_SECONDS = 0.5
RECOVERY_SECONDS = 15.0
FAULT_SECONDS = 5.0
WHILE_AWAY = (200, 503, 0)
"""What a webhook may be told: taken, come again, or nothing where a line was cut."""


def options(asked: Options) -> Options | None:
    """On a server of this trial's own."""
    return (
        replace(asked, store="cluster").lasting(FAULT_SECONDS * asked.faults) if asked.store == "postgresql" else None
    )


async def strike(stage: Stage, dice: random.Random) -> None:
    """The moment that counts is when the database is back."""
    server = stage.books
    assert isinstance(server, Cluster)
    await server.crash()
    await asyncio.sleep(AWAY_SECONDS)
    await server.start()
    stage.broken()


async def run(stage: Stage) -> list[Row]:
    findings = await stage.play(partial(stage.strikes, strike))
    told = Counter(delivery.status for delivery in stage.telegram.deliveries)
    return [
        *rows(findings, seconds=RECOVERY_SECONDS),
        Row("answers to webhooks", "200 or 503", str(dict(told)), set(told) <= set(WHILE_AWAY)),
    ]
