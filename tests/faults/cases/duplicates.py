"""The same webhook many times at once: one row, one answer, and every delivery is told that it arrived."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import httpx

from tests.faults.opening import SECRET
from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.faults.traffic import FIRST_CHAT, Saying

ROWS = ("F13",)

COPIES = 50
AT_ONCE = 100


def options(asked: Options) -> Options | None:
    """Senseless where messages are fetched, not delivered."""
    return None if asked.store == "sqlite" else replace(asked, messages=min(asked.messages, 200), faults=0)


async def run(stage: Stage) -> list[Row]:
    """The copies go straight to the bots, each to the next one; the platform's own delivery is one more copy."""
    sayings = [Saying(0.0, FIRST_CHAT + n, f"m{n}") for n in range(stage.options.messages)]
    bodies = [await _body(stage, saying, number) for number, saying in enumerate(sayings)]
    answers = await _post_all(stage, bodies)
    late = await _post_all(stage, bodies[:1])
    await stage.settle()
    findings = await stage.judge(sayings)
    good = answers[200] + late[200]
    wanted = COPIES * (len(bodies) + 1)
    stored = await stage.books.rows("SELECT count(*) AS n FROM turns WHERE speaker = 'user'")
    replies = sum(len(stage.telegram.sent(saying.chat)) for saying in sayings)
    return [
        *rows(findings, duplicates=0),
        Row(f"answers 200, each webhook {COPIES} times at once", str(wanted), str(good), good == wanted),
        Row("rows", str(len(bodies)), str(stored[0]["n"]), stored[0]["n"] == len(bodies)),
        Row("replies", str(len(bodies)), str(replies), replies == len(bodies)),
    ]


async def _body(stage: Stage, saying: Saying, number: int) -> dict[str, object]:
    return {"update_id": 900_000_000 + number, "message": await stage.telegram.say(saying.name, chat=saying.chat)}


async def _post_all(stage: Stage, bodies: list[dict[str, object]]) -> Counter[int]:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    gate = asyncio.Semaphore(AT_ONCE)
    urls = [f"{bot.url}/telegram/webhook" for bot in stage.bots]

    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=httpx.Limits(max_connections=AT_ONCE)) as client:

        async def post(body: dict[str, object], copy: int) -> int:
            async with gate:
                while True:
                    with suppress(httpx.TransportError):  # no answer: the platform tries again
                        return (await client.post(urls[copy % len(urls)], json=body, headers=headers)).status_code

        return Counter(await asyncio.gather(*(post(body, copy) for body in bodies for copy in range(COPIES))))
