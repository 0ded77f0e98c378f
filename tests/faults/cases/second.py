"""SQLite: `kill -9`, a second process that is turned away, and a file that is whole afterwards."""

from __future__ import annotations

import random
from functools import partial

from tests.faults.cases import kill
from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.rig.palaver import start_bot

ROWS = ("F11",)
ALREADY_RUNNING = 3
END_SECONDS = 60.0
START_SECONDS = 8.0
"""How long a process may need to see that it is one too many."""


def options(asked: Options) -> Options | None:
    """Only where one process has the database for itself."""
    small = kill.options(asked)
    return small.lasting(START_SECONDS * asked.faults) if small and asked.store == "sqlite" else None


async def run(stage: Stage) -> list[Row]:
    codes: list[int] = []
    said: list[str] = []

    async def strike(stage: Stage, dice: random.Random) -> None:
        second = start_bot(stage.children, f"second-{len(codes)}", stage.settings, ["telegram"])
        codes.append(await second.child.ended(END_SECONDS))
        said.append(second.child.output)
        await kill.strike(stage, dice)

    findings = await stage.play(partial(stage.strikes, strike))
    whole = (await stage.books.rows("PRAGMA integrity_check"))[0]["integrity_check"]
    locked = sum(bot.child.log.read_text("utf-8").count("database is locked") for bot in stage.bots)
    told = sum("Another Palaver already uses" in text for text in said)
    return [
        *rows(findings),
        Row("exit of a second process", f"{ALREADY_RUNNING} each", str(codes), set(codes) <= {ALREADY_RUNNING}),
        Row("second processes that said why", str(len(said)), str(told), told == len(said)),
        Row("integrity_check", "ok", whole, whole == "ok"),
        Row("'database is locked' in the logs", "0", str(locked), locked == 0),
    ]
