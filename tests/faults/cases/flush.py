"""The broker loses everything it holds while people write: it only carries work that may be lost."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F7",)


def options(asked: Options) -> Options | None:
    """Senseless without a broker."""
    return None if asked.broker == "embedded" else replace(asked, faults=min(asked.faults, 3))


async def strike(stage: Stage, dice: random.Random) -> None:
    stage.broken()
    await stage.broker.empty()


async def run(stage: Stage) -> list[Row]:
    return rows(await stage.play(partial(stage.strikes, strike)), duplicates=0)
