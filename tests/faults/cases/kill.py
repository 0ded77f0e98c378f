"""`kill -9` of bots and workers while people write: nothing is lost, and every possible duplicate is flagged."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage


def options(asked: Options) -> Options | None:
    """Embedded there is one process, which is killed and restarted."""
    return replace(asked, bots=1, workers=0) if asked.broker == "embedded" else asked


async def run(stage: Stage) -> list[Row]:
    dice = random.Random(stage.options.seed)
    returning: list[asyncio.Task[None]] = []

    async def disturb() -> None:
        for pause in stage.pauses():
            await asyncio.sleep(pause)
            while not (alive := [process for process in stage.processes if process.child.alive]):
                await asyncio.sleep(0.1)
            victim = dice.choice(alive)
            stage.broken()
            victim.child.kill()
            returning.append(asyncio.create_task(stage.restart(victim, after=dice.uniform(0.2, 2.0))))
        await asyncio.gather(*returning)

    return rows(await stage.play(disturb))
