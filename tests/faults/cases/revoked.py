"""The bot's token is refused for a while: few calls meanwhile, and once it works again everything is sent in order."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F21",)
REVOKED_SECONDS = 30.0
PROBE_SECONDS = 60.0
"""Between two attempts of a chat whose part was refused for the token's sake."""
SETTLED_SECONDS = 2.0


def options(asked: Options) -> Options | None:
    """Once; `latency` would hide which calls are answered when."""
    small = replace(asked, faults=1, latency=0.0).lasting(2 * REVOKED_SECONDS)
    return replace(small, bots=1, workers=0) if asked.broker == "embedded" else small


async def run(stage: Stage) -> list[Row]:
    refused: list[int] = []

    async def disturb() -> None:
        await asyncio.sleep(stage.pauses()[0])
        stage.telegram.revoked = True
        began = time.monotonic()
        await asyncio.sleep(REVOKED_SECONDS)
        stage.telegram.revoked = False
        stage.broken()
        refused.append(sum(call.at > began and call.status == 401 for call in stage.telegram.called("sendMessage")))

    findings = await stage.play(disturb)
    most = stage.options.chats
    return [
        *rows(findings, duplicates=0, seconds=PROBE_SECONDS + SETTLED_SECONDS),
        Row("sendings tried meanwhile", f"<= {most}, one a chat", str(refused[0]), 0 < refused[0] <= most),
    ]
