"""What people do in a trial: many chats side by side, some messages delivered twice. The same seed, the same day."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from connectors.telegram.standin import StandIn

FIRST_CHAT = 5001


@dataclass(frozen=True, slots=True)
class Saying:
    """Message `name` (`m17`) is written in `chat` after `at` seconds. `twice`: how it is delivered again, if at all."""

    at: float
    chat: int
    name: str
    twice: str = ""


def plan(messages: int, chats: int, rate: float, twice: float = 0.2, seed: int = 1) -> list[Saying]:
    """Return `messages` sayings spread over `chats`, `rate` a second on average, in the order they are written.

    A share of them, `twice`, is delivered again: half as the same update at once, half later as a new update about the
    same message, as Telegram's numbers after a quiet week.
    """
    dice = random.Random(seed)
    at, sayings = 0.0, []
    turns = [FIRST_CHAT + number % chats for number in range(messages)]
    dice.shuffle(turns)
    for number, chat in enumerate(turns):
        at += dice.expovariate(rate)
        again = dice.choice(("update", "message")) if dice.random() < twice else ""
        sayings.append(Saying(at, chat, f"m{number}", again))
    return sayings


async def speak(telegram: StandIn, sayings: list[Saying], seed: int = 1, again_within: float = 5.0) -> None:
    """Write everything at its time; later deliveries come `again_within` seconds."""
    dice = random.Random(seed)
    loop = asyncio.get_running_loop()
    began = loop.time()
    later: list[asyncio.Task[None]] = []
    for saying in sayings:
        await asyncio.sleep(max(0.0, began + saying.at - loop.time()))
        message = await telegram.say(saying.name, chat=saying.chat)
        if saying.twice == "update":
            telegram.repeat()
        if saying.twice == "message":
            later.append(asyncio.create_task(_again(telegram, message, dice.uniform(0.0, again_within))))
    await asyncio.gather(*later)


async def _again(telegram: StandIn, message: dict[str, object], seconds: float) -> None:
    await asyncio.sleep(seconds)
    await telegram.push({"message": message})
