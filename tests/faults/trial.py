"""One case on one place: set up, broken, judged."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import ModuleType

from bot.plugins import load_plugin
from tests.faults import cases
from tests.faults.opening import set_up
from tests.faults.options import Options
from tests.faults.report import Row, show

REPORT = Path("build/reports/faults.json")
PLACES = (("postgresql", "redis"), ("postgresql", "rabbitmq"), ("sqlite", "embedded"))


def try_case(name: str, asked: Options, folder: Path) -> list[Row]:
    """Run a case and show its table. Empty where the case makes no sense.

    `folder` gets the logs of all processes. Raises `Unavailable` where a server cannot be had.
    """
    module = load_plugin(cases, name)
    options: Options | None = module.options(asked) if module is not None else None
    if module is None or options is None:
        return []
    found = asyncio.run(_run(module, options, folder))
    trial = f"{name} x {options.faults} on {options.place}"
    show(found, f"{trial}, {options.messages} messages, {options.chats} chats, seed {options.seed}")
    return [row.of(trial) for row in found]


async def _run(module: ModuleType, options: Options, folder: Path) -> list[Row]:
    async with set_up(options, folder) as stage:
        rows: list[Row] = await module.run(stage)
        return rows
