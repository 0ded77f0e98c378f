"""Telegram numbers its updates from a lower number again, as after a quiet week: none is taken for an old one."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F15",)
HIGH = 900_000_000
QUIET_SECONDS = 120.0
IGNORED = "SELECT count(*) AS n FROM turns WHERE speaker = 'user' AND state = 'ignored'"


def options(asked: Options) -> Options | None:
    """No message twice: a number that jumps back must not meet one that was given to another."""
    return replace(asked, twice=0.0, bots=1, workers=0 if asked.broker == "embedded" else asked.workers)


async def _jump(stage: Stage, dice: random.Random) -> None:
    """Numbers jump only after a quiet time, when nothing waits any more; each time below all that were used."""
    if not await stage.telegram.until(lambda: stage.telegram.waiting == 0, QUIET_SECONDS):
        raise TimeoutError("updates are not taken, so numbers cannot jump")
    span = HIGH // (stage.options.faults + 1)
    stage.broken()
    stage.telegram.number_from(HIGH - span * len(stage.moments) + dice.randrange(span // 2))


async def run(stage: Stage) -> list[Row]:
    stage.telegram.number_from(HIGH)
    findings = await stage.play(partial(stage.strikes, _jump))
    ignored = (await stage.books.rows(IGNORED))[0]["n"]
    return [*rows(findings, duplicates=0), Row("ignored", "0", str(ignored), ignored == 0)]
