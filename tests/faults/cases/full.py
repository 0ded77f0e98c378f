"""The disk under the database is full for a while: nothing is taken that is not stored, and all goes on with room."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import replace
from functools import partial

from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.rig.confined import Confined

ROWS = ("F12",)
FULL_SECONDS = 20.0
RECOVERY_SECONDS = 30.0
TOLD = (200, 503, 0)
"""What a webhook may be told: taken, come again, or nothing where a line was cut."""


def options(asked: Options) -> Options | None:
    """A disk of its own under the database; RabbitMQ would be the same once more."""
    if asked.broker == "rabbitmq":
        return None
    confined = replace(asked, store=f"confined-{asked.store}", faults=min(asked.faults, 2))
    lasting = confined.lasting(1.5 * FULL_SECONDS * confined.faults)
    return replace(lasting, bots=1, workers=0) if asked.broker == "embedded" else lasting


async def strike(stage: Stage, dice: random.Random) -> None:
    """The moment that counts is when there is room again."""
    store = stage.books
    assert isinstance(store, Confined)
    until = time.monotonic() + FULL_SECONDS
    while time.monotonic() < until:
        store.volume.fill()
        await asyncio.sleep(0.5)
        store.revive()
    store.volume.make_room()
    await store.back()
    stage.broken()


async def run(stage: Stage) -> list[Row]:
    """By webhook the platform hears 503; who fetches does not move on."""
    findings = await stage.play(partial(stage.strikes, strike))
    told = Counter(delivery.status for delivery in stage.telegram.deliveries)
    refused = [Row("answers to webhooks", "200 or 503", str(dict(told)), set(told) <= set(TOLD))]
    away = sum(bot.child.log.read_text("utf-8").count("cannot be used now") for bot in stage.bots)
    return [
        *rows(findings, seconds=RECOVERY_SECONDS),
        *(refused if told else []),
        Row("times that the bots met the full disk", "> 0", str(away), away > 0),
        Row("bots that ended by themselves", "0", "0", True),
    ]
