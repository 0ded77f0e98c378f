"""`kill -9` of the broker, which comes back empty after a while: answers go on, without a duplicate."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.rig.brokers import Redis

AWAY_SECONDS = 3.0


def options(asked: Options) -> Options | None:
    """Only for a broker that is ours alone."""
    return replace(asked, faults=min(asked.faults, 10)) if asked.broker == "redis" else None


async def run(stage: Stage) -> list[Row]:
    broker = stage.broker
    assert isinstance(broker, Redis)

    async def disturb() -> None:
        for pause in stage.pauses():
            await asyncio.sleep(pause)
            stage.broken()
            broker.server.kill()
            await asyncio.sleep(AWAY_SECONDS)
            broker.server.start()

    return rows(await stage.play(disturb), duplicates=0)
