"""The link to the broker is reset, slow, silent, or swallows every answer: work goes on once it is whole again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.rig.front import Front

ROWS = ("F8",)
RESETS, RESET_SECONDS = 3, 3.0
SILENT_SECONDS = 20.0
DEAF_SECONDS = 5.0
SLOW_SECONDS, DELAY = 5.0, 0.5
RECOVERY_SECONDS = 30.0
FAULT_SECONDS = 15.0
"""How long one of them takes, on average, with some time in which all is well."""


def options(asked: Options) -> Options | None:
    """Senseless without a broker. Each kind once is four faults."""
    return None if asked.broker == "embedded" else replace(asked, linked=True).lasting(FAULT_SECONDS * asked.faults)


async def strike(stage: Stage, dice: random.Random) -> None:
    """Each kind in turn. The moment that counts is when the link is whole again."""
    await KINDS[len(stage.moments) % len(KINDS)](stage.link)
    stage.broken()


async def run(stage: Stage) -> list[Row]:
    findings = await stage.play(partial(stage.strikes, strike))
    carried = Row("connections to the broker", "reported", str(stage.link.carried), stage.link.carried > 0)
    return [*rows(findings, duplicates=0, seconds=RECOVERY_SECONDS), carried]


async def _reset(link: Front) -> None:
    for _ in range(RESETS):
        link.cut()
        await asyncio.sleep(RESET_SECONDS)


async def _silent(link: Front) -> None:
    link.flowing.clear()
    await asyncio.sleep(SILENT_SECONDS)
    link.flowing.set()


async def _deaf(link: Front) -> None:
    link.deaf = True
    await asyncio.sleep(DEAF_SECONDS)
    link.deaf = False
    link.cut()


async def _slow(link: Front) -> None:
    link.delay = DELAY
    await asyncio.sleep(SLOW_SECONDS)
    link.delay = 0.0


KINDS: tuple[Callable[[Front], Awaitable[None]], ...] = (_reset, _silent, _deaf, _slow)
