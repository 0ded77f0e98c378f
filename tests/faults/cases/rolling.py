"""SIGTERM and a fresh start of every process in turn, while people write: nobody notices."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F23",)

STOP_SECONDS = 30.0


def options(asked: Options) -> Options | None:
    return replace(asked, bots=1, workers=0) if asked.broker == "embedded" else asked


async def run(stage: Stage) -> list[Row]:
    stops: list[float] = []
    codes: list[int] = []

    async def disturb() -> None:
        pauses = stage.pauses()
        for number, pause in enumerate(pauses):
            await asyncio.sleep(pause)
            process = stage.processes[number % len(stage.processes)]
            began = time.monotonic()
            stage.broken()
            codes.append(await stage.stop(process, STOP_SECONDS + 5.0))
            stops.append(time.monotonic() - began)
            await stage.restart(process, after=0.0)

    findings = await stage.play(disturb)
    longest = max(stops, default=0.0)
    return [
        *rows(findings, duplicates=0),
        Row("longest stop", f"<= {STOP_SECONDS:.0f} s", f"{longest:.2f} s", longest <= STOP_SECONDS),
        Row("exit status", "0 each", ", ".join(map(str, sorted(set(codes)))), not any(codes)),
    ]
