"""`kill -9` of bots and workers while people write: nothing is lost, and every possible duplicate is flagged."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F1", "F5")


def options(asked: Options) -> Options | None:
    """Embedded there is one process, which is killed and restarted."""
    return replace(asked, bots=1, workers=0) if asked.broker == "embedded" else asked


async def strike(stage: Stage, dice: random.Random) -> None:
    while not (alive := [process for process in stage.processes if process.child.alive]):
        await asyncio.sleep(0.1)
    victim = dice.choice(alive)
    stage.broken()
    victim.child.kill()
    await stage.restart(victim, after=dice.uniform(0.2, 2.0))


async def run(stage: Stage) -> list[Row]:
    """The next is killed whether or not the last one is back."""
    dice = random.Random(stage.options.seed)

    async def disturb() -> None:
        async with asyncio.TaskGroup() as struck:
            for pause in stage.pauses():
                await asyncio.sleep(pause)
                struck.create_task(strike(stage, dice))

    return rows(await stage.play(disturb))
