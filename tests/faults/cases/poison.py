"""A message that ends whichever process reads it: it is given up soon, a person is told, and the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from nlg.testing import Mishap
from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.faults.traffic import FIRST_CHAT, Saying
from tests.rig.pager import Pager

ROWS = ("F18",)
MOST_ATTEMPTS = 3
ALERT_SECONDS = 60.0
NEIGHBOUR_SECONDS = 60.0
POISONED = "SELECT state, count(*) AS n FROM turns WHERE speaker = 'user' AND text LIKE 'stub-crash%' GROUP BY state"


def options(asked: Options) -> Options | None:
    """As many poisoned messages as faults, each in a chat of its own."""
    small = replace(asked, mishaps=True, supervised=True, latency=0.0, pager=Pager().url)
    return replace(small, bots=1, workers=0) if asked.broker == "embedded" else small


async def run(stage: Stage) -> list[Row]:
    pager = Pager.at(stage.options.pager)
    await pager.start()
    try:
        found = await poison(stage)
        told = await pager.until(1, ALERT_SECONDS)
        return [*found, Row("the team was told", f"<= {ALERT_SECONDS:.0f} s", f"{len(pager.posts)} posts", told)]
    finally:
        await pager.stop()


async def poison(stage: Stage) -> list[Row]:
    """Let people write with poison among it, and say what became of both."""
    findings = await stage.play(lambda: asyncio.sleep(0), mixed(stage.plan(), stage.options))
    poisoned = stage.options.faults
    states = {row["state"]: row["n"] for row in await stage.books.rows(POISONED)}
    deaths = len(stage.deaths)
    longest = max(findings.waits, default=0.0)
    return [
        *rows(findings),
        Row(
            "poisoned were handed over",
            str({"handed_over": poisoned}),
            str(states),
            states == {"handed_over": poisoned},
        ),
        Row(
            "processes that died", f"<= {MOST_ATTEMPTS} a message", str(deaths), 0 < deaths <= MOST_ATTEMPTS * poisoned
        ),
        Row(
            "longest wait of anybody", f"<= {NEIGHBOUR_SECONDS:.0f} s", f"{longest:.1f} s", longest <= NEIGHBOUR_SECONDS
        ),
    ]


def mixed(sayings: Sequence[Saying], options: Options) -> list[Saying]:
    """Return the sayings with the poisoned ones spread among them."""
    last = sayings[-1].at
    poisoned = [
        Saying(last * (n + 1) / (options.faults + 1), FIRST_CHAT + options.chats + n, f"{Mishap.CRASH}-{n}")
        for n in range(options.faults)
    ]
    return sorted([*sayings, *poisoned], key=lambda saying: saying.at)
