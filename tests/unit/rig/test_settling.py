from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from connectors.telegram.standin import StandIn
from tests.faults import stage as stages
from tests.faults.options import Options
from tests.faults.settling import STILL_SECONDS, Left, settled
from tests.faults.stage import Stage
from tests.rig.brokers import NoBroker
from tests.rig.children import Child, Children, Died
from tests.rig.front import Front
from tests.rig.palaver import Bot

SLEEPER = "import time\n\ndef sleep_for_ever(): time.sleep(600)\n\nprint('up', flush=True)\nsleep_for_ever()\n"


class Machine:
    """A bot as seen from outside, with a clock that only waiting moves. `left` says what is still to do by then."""

    def __init__(self, left: Callable[[float], Left]) -> None:
        self.now = 0.0
        self._left = left

    async def look(self) -> Left:
        return self._left(self.now)

    async def pause(self, seconds: float) -> None:
        self.now += seconds

    async def settled(self) -> bool:
        return await settled(self.look, clock=lambda: self.now, pause=self.pause)


async def test_a_slow_bot_is_waited_for_however_long_it_takes_as_long_as_it_moves() -> None:
    """A machine with other work takes a message every two seconds: 300 need ten minutes, and none of them is lost."""
    slow = Machine(lambda now: Left(max(0, 300 - int(now / 2)), min(300, int(now / 2)), 4 if now < 620 else 0))
    assert await slow.settled()
    assert slow.now > 4 * STILL_SECONDS


async def test_a_bot_that_stands_still_is_given_up() -> None:
    still = Machine(lambda now: Left(70, 966, 6))
    assert not await still.settled()
    assert still.now == pytest.approx(STILL_SECONDS, abs=1.0)


async def test_turns_that_end_count_as_movement_also_while_nothing_is_taken() -> None:
    ending = Machine(lambda now: Left(0, 10, max(0, 10 - int(now / 100))))
    assert await ending.settled()
    assert ending.now == pytest.approx(1000.0, abs=1.0)


@dataclass(frozen=True, slots=True)
class OneOpenTurn:
    """Books in which nothing changes."""

    url: str = ""

    async def rows(self, query: str) -> list[dict[str, Any]]:
        return [{"stored": 1, "open": 1}]


@pytest.fixture
async def telegram() -> AsyncIterator[StandIn]:
    async with StandIn() as opened:
        yield opened


def stage_of(telegram: StandIn, bot: Bot) -> Stage:
    return Stage(Options(), telegram, Front([]), OneOpenTurn(), NoBroker(), Front([]), [bot], [], {}, Children(Path()))


async def start(children: Children, code: str) -> Bot:
    child = children.start("bot-0", [sys.executable, "-c", code], {**os.environ, "PYTHONFAULTHANDLER": "1"})

    async def up() -> bool:
        return "up" in child.output

    await child.until(up, 20)
    return Bot(child, 0)


async def test_a_bot_that_stands_still_says_where_each_of_its_threads_is(
    telegram: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stages, "STILL_SECONDS", 0.0)
    with Children(tmp_path) as children:
        bot = await start(children, SLEEPER)
        await stage_of(telegram, bot).settle()
        assert not bot.child.alive
    said = capsys.readouterr().out
    assert "1 of 1 turns open" in said
    assert "sleep_for_ever" in said


async def test_a_bot_that_ended_by_itself_is_named_at_once(telegram: StandIn, tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        bot = await start(
            children, "import time; print('up', flush=True); time.sleep(0.5); raise SystemExit('no memory')"
        )
        await bot.child.ended(20)
        with pytest.raises(Died, match="no memory"):
            await stage_of(telegram, bot).settle()


async def test_whoever_ends_under_supervision_is_started_again_and_noted(telegram: StandIn, tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        bot = await start(children, SLEEPER)
        stage = stage_of(telegram, bot)
        watching = asyncio.create_task(stage.supervise())
        bot.child.kill()
        async with asyncio.timeout(20):
            while not bot.child.alive:
                await asyncio.sleep(0.05)
        watching.cancel()
    assert stage.deaths == ["bot-0"]


async def test_a_strike_that_takes_long_delays_the_next_and_none_is_left_out(telegram: StandIn, tmp_path: Path) -> None:
    stage = stage_of(telegram, Bot(Child("nobody", [], {}, tmp_path), 0))
    quick = replace(stage, options=Options(messages=10, rate=1000.0, faults=3))
    at_once: list[int] = []

    async def strike(stage: Stage, dice: random.Random) -> None:
        at_once.append(1)
        await asyncio.sleep(0.02)
        at_once.append(-1)

    await quick.strikes(strike)
    assert at_once == [1, -1] * 3
