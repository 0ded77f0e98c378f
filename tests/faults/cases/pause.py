"""SIGSTOP for longer than a lease, then SIGCONT: who was overtaken must not go on as if nothing had happened."""

from __future__ import annotations

import asyncio
import random
import signal
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.rig.palaver import Bot, Worker

ROWS = ("F3",)

STOPPED_SECONDS = 18.0


def options(asked: Options) -> Options | None:
    """Embedded there is nobody else who could take over."""
    return None if asked.broker == "embedded" else replace(asked, bots=3, workers=3)


async def strike(stage: Stage, dice: random.Random) -> None:
    await _stop(stage, dice, set())


async def run(stage: Stage) -> list[Row]:
    dice = random.Random(stage.options.seed)
    stopped: set[Bot | Worker] = set()

    async def disturb() -> None:
        async with asyncio.TaskGroup() as stops:
            for pause in stage.pauses():
                await asyncio.sleep(pause)
                stops.create_task(_stop(stage, dice, stopped))

    findings = await stage.play(disturb)
    count = len(findings.duplicates)
    return [
        *rows(findings),
        Row("duplicates a stop", "<= 1", f"{count} of {len(stage.moments)}", count <= len(stage.moments)),
    ]


async def _stop(stage: Stage, dice: random.Random, stopped: set[Bot | Worker]) -> None:
    # One of each goes on: with nobody left there is nothing to see.
    free = [one for kind in (stage.bots, stage.workers) for one in kind if len(set(kind) - stopped) > 1]
    free = [one for one in free if one not in stopped]
    if not free:
        return
    process = dice.choice(free)
    stopped.add(process)
    stage.broken()
    process.child.signal(signal.SIGSTOP)
    await asyncio.sleep(STOPPED_SECONDS)
    process.child.signal(signal.SIGCONT)
    stopped.remove(process)
