"""The platform takes a message but its answer is lost, or is a server error, or asks to wait: one repeat, flagged."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

from connectors.telegram.standin import Fault
from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F20",)

FINE = Fault()
LOST = Fault(drop=True, done=True)
ERROR_BUT_DONE = Fault(status=502, done=True)
NEVER_ARRIVED = Fault(drop=True)
WAIT = Fault(status=429, retry_after=2)
HELD = "SELECT count(*) AS n FROM parts WHERE state = 'held'"
PERCENT = {FINE: 84, LOST: 4, ERROR_BUT_DONE: 4, NEVER_ARRIVED: 4, WAIT: 4}


def options(asked: Options) -> Options | None:
    """Nothing else is broken meanwhile."""
    small = replace(asked, faults=0, latency=0.0)
    return replace(small, bots=1, workers=0) if asked.broker == "embedded" else small


async def run(stage: Stage) -> list[Row]:
    dice = random.Random(stage.options.seed)
    coming = dice.choices(list(PERCENT), list(PERCENT.values()), k=4 * stage.options.messages)
    for fault in coming:
        stage.telegram.fault("sendMessage", fault)
    findings = await stage.play(lambda: asyncio.sleep(0))
    happened = coming[: len(stage.telegram.called("sendMessage"))]
    held = (await stage.books.rows(HELD))[0]["n"]
    # Each lost answer is followed by a repeat, except for the last one of a part that is given up as unsure.
    repeated = happened.count(LOST) + happened.count(ERROR_BUT_DONE) - held
    count = len(findings.duplicates)
    return [
        *rows(findings),
        Row("a duplicate for each answer that was lost and followed", str(repeated), str(count), count == repeated),
        Row("parts given up as unsure", "reported", str(held), True),
        Row("sendings that went wrong", "reported", f"{len(happened) - happened.count(FINE)} of {len(happened)}", True),
    ]
