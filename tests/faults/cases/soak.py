"""Everything that may be struck at any time, at random, for long: nothing is lost, and no memory grows."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import replace
from functools import partial
from types import ModuleType

from bot.plugins import load_plugin, plugin_names
from tests.faults import cases
from tests.faults.memory import Sample, resident, slope
from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F25",)
LOOK_SECONDS = 5.0
MOST_GROWTH = 1.0
"""MB a minute."""
WARM_SECONDS = 300.0
"""What a process keeps for later, such as prepared statements of each connection, takes minutes to fill; less of a
short trial: a sixth."""
RECOVERY_SECONDS = 30.0


def options(asked: Options) -> Options | None:
    """As long as the messages last: 600 of them are a minute at 10 a second."""
    if asked.broker == "embedded":
        return replace(asked, bots=1, workers=0)
    return replace(asked, bots=3, workers=3, linked=True)


async def run(stage: Stage) -> list[Row]:
    struck: list[str] = []
    strikes = _strikes(stage)

    async def strike(stage: Stage, dice: random.Random) -> None:
        name = dice.choice(sorted(strikes))
        struck.append(name)
        await strikes[name].strike(stage, dice)

    samples: list[Sample] = []
    watching = asyncio.create_task(_watch(stage, samples))
    findings = await stage.play(partial(stage.strikes, strike))
    watching.cancel()
    growth = slope(samples, min(WARM_SECONDS, stage.options.messages / stage.options.rate / 6))
    grown = "too short to say" if growth is None else f"{growth:.2f} MB a minute"
    return [
        *rows(findings, seconds=RECOVERY_SECONDS),
        Row("memory's slope", f"< {MOST_GROWTH:.0f} MB a minute", grown, growth is None or growth < MOST_GROWTH),
        Row("started again, but not ready within a minute", "0", str(len(stage.late)), not stage.late),
        Row("struck", "reported", ", ".join(struck), True),
    ]


def _strikes(stage: Stage) -> dict[str, ModuleType]:
    """Return the cases whose fault may come at any time on this place."""
    loaded = {name: load_plugin(cases, name) for name in plugin_names(cases)}
    return {name: case for name, case in loaded.items() if hasattr(case, "strike") and _fits(case, stage.options)}


def _fits(case: ModuleType, here: Options) -> bool:
    wanted: Options | None = case.options(here)
    return wanted is not None and wanted.place == here.place


async def _watch(stage: Stage, samples: list[Sample]) -> None:
    """Look at what each process holds; whoever was started again begins anew."""
    while True:
        now = time.monotonic()
        alive = [process.child for process in stage.processes if process.child.alive]
        samples += [Sample(child.pid, now, resident(child.pid)) for child in alive]
        await asyncio.sleep(LOOK_SECONDS)
