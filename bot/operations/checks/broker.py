"""Can the workers' broker be reached, where one is used?"""

from __future__ import annotations

import asyncio

from bot.findings import Finding, fail, ok
from bot.writers import WriterSettings
from nlg.serving.broker import Broker

ADVICE = "Start the broker, or correct PALAVER_BROKER_URL. Without it the model runs in this process."


async def examine() -> list[Finding]:
    url = WriterSettings.load().broker_url
    if url is None:
        return []
    try:
        broker = Broker(url.get_secret_value())
    except ValueError as error:
        return [fail("broker", str(error), ADVICE)]
    try:
        await asyncio.to_thread(_reach, broker)
    except broker.errors() as error:
        return [fail("broker", f"It cannot be reached: {type(error).__name__}.", ADVICE)]
    return [ok("broker", "Reachable.")]


def _reach(broker: Broker) -> None:
    with broker.connect() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
