"""The platform asks to wait, or fails after it took the message, for many calls: it is let alone as long as it asks."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from itertools import pairwise

from connectors.telegram.standin import Fault
from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F19",)
WAIT_SECONDS = 7
FINE = Fault()
WAIT = Fault(status=429, retry_after=WAIT_SECONDS)
FAILED_BUT_DONE = Fault(status=502, done=True)
PERCENT = {FINE: 50, WAIT: 20, FAILED_BUT_DONE: 30}


def options(asked: Options) -> Options | None:
    """Nothing else is broken meanwhile."""
    small = replace(asked, faults=0, latency=0.0)
    return replace(small, bots=1, workers=0) if asked.broker == "embedded" else small


async def run(stage: Stage) -> list[Row]:
    dice = random.Random(stage.options.seed)
    for fault in dice.choices(list(PERCENT), list(PERCENT.values()), k=4 * stage.options.messages):
        stage.telegram.fault("sendMessage", fault)
    findings = await stage.play(lambda: asyncio.sleep(0))
    calls = stage.telegram.called("sendMessage")
    failed = sum(call.status == 502 for call in calls)
    early, waits = _early(stage)
    count = len(findings.duplicates)
    return [
        *rows(findings),
        Row("duplicates, of answers that failed afterwards", f"<= {failed}", str(count), count <= failed),
        Row(f"calls in a chat before {WAIT_SECONDS} s were over", "0", f"{early} of {waits}", early == 0 < waits),
    ]


def _early(stage: Stage) -> tuple[int, int]:
    """Count the calls that came too early after a 429 in their chat, and the 429s that a call followed."""
    calls = stage.telegram.called("sendMessage")
    chats = {call.params.text("chat_id") for call in calls}
    followed = [
        after.at - before.at
        for chat in chats
        for before, after in pairwise(call for call in calls if call.params.text("chat_id") == chat)
        if before.status == 429
    ]
    return sum(seconds < WAIT_SECONDS for seconds in followed), len(followed)
