"""Where the team is told of what goes wrong is itself away: alerts wait in the outbox, and come later in order."""

from __future__ import annotations

from tests.faults.cases import poison
from tests.faults.options import Options
from tests.faults.report import Row
from tests.faults.stage import Stage
from tests.rig.pager import Pager

ROWS = ("F24",)
LATER_SECONDS = 150.0
"""Longer than the longest pause before a retry."""
ALERTS = """
    SELECT p.send_key AS key, p.state FROM parts AS p JOIN conversations AS c ON c.id = p.conversation_id
    WHERE c.channel = 'webhook' ORDER BY p.id
"""


def options(asked: Options) -> Options | None:
    return poison.options(asked)


async def run(stage: Stage) -> list[Row]:
    found = await poison.poison(stage)
    waiting = await stage.books.rows(ALERTS)
    kept = sum(row["state"] != "sent" for row in waiting)
    pager = Pager.at(stage.options.pager)
    await pager.start()
    try:
        await pager.until(len(waiting), LATER_SECONDS)
    finally:
        await pager.stop()
    wanted = [row["key"] for row in await stage.books.rows(ALERTS)]
    return [
        *found,
        Row("alerts kept while nobody could be told", "each", f"{kept} of {len(waiting)}", kept == len(waiting) > 0),
        Row("told later, in order", str(len(wanted)), str(len(pager.keys)), pager.keys == wanted),
    ]
