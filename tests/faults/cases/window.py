"""`kill -9` in the one place where a duplicate can arise: the platform has the message, the bot has no answer yet."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from connectors.telegram.standin import Fault
from tests.faults.options import Options
from tests.faults.report import Row, rows
from tests.faults.stage import Stage
from tests.faults.traffic import FIRST_CHAT, Saying

ROWS = ("F1", "F20")

HELD_SECONDS = 8.0
SEEN_SECONDS = 60.0
OWNER = "SELECT owner FROM conversations WHERE chat = '{chat}'"


def options(asked: Options) -> Options | None:
    """One message a fault, each in its own chat."""
    small = replace(asked, messages=asked.faults, chats=asked.faults, latency=0.0)
    return replace(small, bots=1, workers=0) if asked.broker == "embedded" else small


async def run(stage: Stage) -> list[Row]:
    sayings = [Saying(0.0, FIRST_CHAT + n, f"m{n}") for n in range(stage.options.faults)]
    for saying in sayings:
        await _kill_while_sending(stage, saying)
    await stage.settle()
    findings = await stage.judge(sayings)
    count = len(findings.duplicates)
    return [
        *rows(findings),
        # Fewer would mean that the kill missed the window, and that nothing was proved.
        Row("one duplicate a kill", str(len(sayings)), str(count), count == len(sayings)),
    ]


async def _kill_while_sending(stage: Stage, saying: Saying) -> None:
    """Kill the bot that sends the answer as soon as the person sees it, while the platform's answer is held back."""
    stage.telegram.fault("sendMessage", Fault(delay=HELD_SECONDS))
    await stage.telegram.say(saying.name, chat=saying.chat)
    if not await stage.telegram.until(lambda: bool(stage.telegram.sent(saying.chat)), SEEN_SECONDS):
        raise TimeoutError(f"{saying.name} was not answered")
    owner = (await stage.books.rows(OWNER.format(chat=saying.chat)))[0]["owner"]
    victim = next(bot for bot in stage.bots if str(owner).endswith(f":{bot.child.pid}"))
    stage.broken()
    victim.child.kill()
    await asyncio.gather(stage.restart(victim, after=0.0), _seen_again(stage, saying))


async def _seen_again(stage: Stage, saying: Saying) -> None:
    await stage.telegram.until(lambda: len(stage.telegram.sent(saying.chat)) > 1, SEEN_SECONDS)
