"""The database cuts every connection, wherever a transaction just is."""

from __future__ import annotations

import random
from functools import partial

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

ROWS = ("F10",)

CUT = """
    SELECT count(pg_terminate_backend(pid)) AS cut FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def options(asked: Options) -> Options | None:
    """SQLite has no connections that somebody could cut."""
    return asked if asked.store == "postgresql" else None


async def strike(stage: Stage, dice: random.Random) -> None:
    stage.broken()
    if not (await stage.books.rows(CUT))[0]["cut"]:
        raise LookupError("there was no connection to cut, so nothing was tried")


async def run(stage: Stage) -> list[Row]:
    return rows(await stage.play(partial(stage.strikes, strike)))
