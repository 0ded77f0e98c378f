"""The database cuts every connection, wherever a transaction just is."""

from __future__ import annotations

import asyncio

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage

CUT = """
    SELECT count(pg_terminate_backend(pid)) AS cut FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def options(asked: Options) -> Options | None:
    """SQLite has no connections that somebody could cut."""
    return asked if asked.store == "postgresql" else None


async def run(stage: Stage) -> list[Row]:
    cut: list[int] = []

    async def disturb() -> None:
        for pause in stage.pauses():
            await asyncio.sleep(pause)
            stage.broken()
            cut.append((await stage.books.rows(CUT))[0]["cut"])

    findings = await stage.play(disturb)
    return [*rows(findings), Row("connections cut", "reported", str(sum(cut)), True)]
