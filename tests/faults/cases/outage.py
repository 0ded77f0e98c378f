"""`kill -9` of the broker, which comes back empty after a while: answers go on, without a duplicate."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from functools import partial

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.rig.brokers import Redis

ROWS = ("F6",)

AWAY_SECONDS = 3.0


def options(asked: Options) -> Options | None:
    """Only for a broker that is ours alone."""
    return replace(asked, faults=min(asked.faults, 10)) if asked.broker == "redis" else None


async def strike(stage: Stage, dice: random.Random) -> None:
    broker = stage.broker
    assert isinstance(broker, Redis)
    stage.broken()
    broker.server.kill()
    await asyncio.sleep(AWAY_SECONDS)
    broker.server.start()


async def run(stage: Stage) -> list[Row]:
    return rows(await stage.play(partial(stage.strikes, strike)), duplicates=0)
