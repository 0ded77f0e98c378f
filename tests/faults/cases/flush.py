"""The broker loses everything it holds while people write: it only carries work that may be lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage


def options(asked: Options) -> Options | None:
    """Senseless without a broker."""
    return None if asked.broker == "embedded" else replace(asked, faults=min(asked.faults, 3))


async def run(stage: Stage) -> list[Row]:
    async def disturb() -> None:
        for pause in stage.pauses():
            await asyncio.sleep(pause)
            stage.broken()
            await stage.broker.empty()

    return rows(await stage.play(disturb), duplicates=0)
