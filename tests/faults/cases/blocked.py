"""Some people block the bot: what they wrote ends as undeliverable, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.faults.traffic import speak

ROWS = ("F21",)
EACH = 5
STATES = (
    "SELECT t.state, c.chat FROM turns AS t JOIN conversations AS c ON c.id = t.conversation_id WHERE speaker = 'user'"
)


def options(asked: Options) -> Options | None:
    """Every fifth person blocks the bot before anything was answered."""
    small = replace(asked, faults=0, latency=0.0, twice=0.0)
    return replace(small, bots=1, workers=0) if asked.broker == "embedded" else small


async def run(stage: Stage) -> list[Row]:
    sayings = stage.plan()
    closed = {saying.chat for saying in sayings if saying.chat % EACH == 0}
    talking = asyncio.create_task(speak(stage.telegram, sayings, stage.options.seed))
    await stage.telegram.until(lambda: stage.telegram.waiting > 0)
    for chat in closed:
        await stage.telegram.block(chat)
    await talking
    await stage.settle()
    findings = await stage.judge([saying for saying in sayings if saying.chat not in closed])
    ended = [row["state"] for row in await stage.books.rows(STATES) if int(row["chat"]) in closed]
    wrong = sum(state != "undeliverable" for state in ended)
    return [
        *rows(findings, duplicates=0),
        Row(
            "messages of those who blocked it",
            "undeliverable",
            f"{len(ended)}, {wrong} otherwise",
            wrong == 0 < len(ended),
        ),
    ]
