"""A worker stands still while prompts reach it, and is then killed: a prompt that a broker gave away is not lost."""

from __future__ import annotations

import asyncio
import random
import signal
from functools import partial

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F4",)
STILL_SECONDS = 3.0
RECOVERY_SECONDS = 25.0
FAULT_SECONDS = 8.0


def options(asked: Options) -> Options | None:
    """Senseless without a broker."""
    return None if asked.broker == "embedded" else asked.lasting(FAULT_SECONDS * asked.faults)


async def strike(stage: Stage, dice: random.Random) -> None:
    """People go on writing meanwhile, so prompts are published to whoever stands still."""
    worker = dice.choice(stage.workers)
    worker.child.signal(signal.SIGSTOP)
    await asyncio.sleep(STILL_SECONDS)
    stage.broken()
    worker.child.kill()
    await stage.restart(worker, after=1.0)


async def run(stage: Stage) -> list[Row]:
    return rows(await stage.play(partial(stage.strikes, strike)), duplicates=0, seconds=RECOVERY_SECONDS)
