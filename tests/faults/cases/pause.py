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

STOPPED_SECONDS = 18.0


def options(asked: Options) -> Options | None:
    """Embedded there is nobody else who could take over."""
    return None if asked.broker == "embedded" else replace(asked, bots=3, workers=3)


async def run(stage: Stage) -> list[Row]:
    dice = random.Random(stage.options.seed)
    stopped: set[Bot | Worker] = set()

    async def stop(process: Bot | Worker) -> None:
        stopped.add(process)
        stage.broken()
        process.child.signal(signal.SIGSTOP)
        await asyncio.sleep(STOPPED_SECONDS)
        process.child.signal(signal.SIGCONT)
        stopped.remove(process)

    async def disturb() -> None:
        stops = []
        for pause in stage.pauses():
            await asyncio.sleep(pause)
            # One of each stays: with nobody left there is nothing to see.
            free = [one for kind in (stage.bots, stage.workers) for one in kind if len(set(kind) - stopped) > 1]
            free = [one for one in free if one not in stopped]
            if free:
                stops.append(asyncio.create_task(stop(dice.choice(free))))
        await asyncio.gather(*stops)

    findings = await stage.play(disturb)
    count = len(findings.duplicates)
    return [
        *rows(findings),
        Row("duplicates a stop", "<= 1", f"{count} of {len(stage.moments)}", count <= len(stage.moments)),
    ]
