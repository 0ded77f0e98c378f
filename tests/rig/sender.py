"""A process that sends to Telegram by the lanes of a database, as every bot does: `python -m tests.rig.sender`.

A line of its input is a JSON list of `[chat, text]`; all are sent at once, and the line that answers it says what came
of each: when it went out, in monotonic seconds, or the error.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import structlog

from bot.errors import DeliveryError
from bot.flood import GovernedConnector, Governor
from bot.messages import Address, Part, Receipt
from bot.store.database import StoreSettings, open_database
from bot.store.lanes import Lanes
from bot.wrapping import Wrapped
from connectors.telegram.gateway import Telegram
from connectors.telegram.settings import TelegramSettings


class Timed(Wrapped):
    """Notes when each part went out, by its key."""

    def __init__(self, inside: Telegram) -> None:
        super().__init__(inside)
        self.times: dict[str, float] = {}

    async def send(self, part: Part) -> Receipt:
        self.times[part.send_key] = time.monotonic()
        return await super().send(part)


async def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    database = open_database(StoreSettings.load())
    telegram = Telegram(TelegramSettings.load())
    timed = Timed(telegram)
    governed = GovernedConnector(telegram, timed, Governor(Lanes(database)))
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        outcomes = await asyncio.gather(*(send(governed, timed, chat, text) for chat, text in json.loads(line)))
        print(json.dumps(outcomes), flush=True)
    await telegram.close()
    await database.close()


async def send(governed: GovernedConnector, timed: Timed, chat: str, text: str) -> float | str:
    part = Part(Address("telegram", "123456789", chat), text, send_key=f"{chat}:{text}")
    try:
        await governed.send(part)
    except DeliveryError as error:
        return f"{type(error).__name__}: {error}"
    return timed.times[part.send_key]


if __name__ == "__main__":
    asyncio.run(main())
