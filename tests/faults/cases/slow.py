"""A model that takes long, and one that sometimes never ends: webhooks do not wait, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from nlg.testing import Mishap
from tests.faults.options import Options
from tests.faults.report import Row, rows, spread
from tests.faults.stage import Stage

ROWS = ("F17",)
REPLY_SECONDS = 20.0
"""Below the 30 seconds that an answer may take: a slower one would give way each time."""
EACH = 20
P99_SECONDS = 0.5
ENDED_SECONDS = 60.0
STALLED = "SELECT state, count(*) AS n FROM turns WHERE speaker = 'user' AND text LIKE 'stub-stall%' GROUP BY state"
HANDED_OVER = "SELECT count(*) AS n FROM turns WHERE speaker = 'user' AND state = 'handed_over'"


def options(asked: Options) -> Options | None:
    """A chat for each message: what hangs takes along what is answered together with it."""
    small = replace(asked, chats=asked.messages, faults=0, rate=2.0, latency=0.0, mishaps=True, twice=0.0)
    small = replace(small, token=REPLY_SECONDS / small.words)
    return replace(small, bots=1, workers=0) if asked.broker == "embedded" else small


async def run(stage: Stage) -> list[Row]:
    sayings = [
        replace(saying, name=f"{Mishap.STALL}-{number}") if number % EACH == 0 else saying
        for number, saying in enumerate(stage.plan())
    ]
    stalled = sum(saying.name.startswith(Mishap.STALL) for saying in sayings)
    findings = await stage.play(lambda: asyncio.sleep(0), sayings)
    states = {row["state"]: row["n"] for row in await stage.books.rows(STALLED)}
    handed = (await stage.books.rows(HANDED_OVER))[0]["n"]
    longest = max(findings.waits, default=0.0)
    return [
        *rows(findings, duplicates=0),
        Row(
            "what hung was handed over", str({"handed_over": stalled}), str(states), states == {"handed_over": stalled}
        ),
        Row("handed over in all", str(stalled), str(handed), handed == stalled),
        Row("longest wait", f"<= {ENDED_SECONDS:.0f} s", f"{longest:.1f} s", longest <= ENDED_SECONDS),
        *_acknowledged(stage),
    ]


def _acknowledged(stage: Stage) -> list[Row]:
    """How soon webhooks were answered; nothing where messages are fetched."""
    seconds = sorted(delivery.seconds for delivery in stage.telegram.deliveries)
    in_time = not seconds or seconds[int(0.99 * (len(seconds) - 1))] < P99_SECONDS
    return [Row("a webhook's answer, p50 / p99 / max", "p99 < 0.5 s", spread(seconds), in_time)] if seconds else []
