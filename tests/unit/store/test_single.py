from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.errors import StoreDown
from bot.store import database as databases
from bot.store.database import StoreSettings, open_database
from bot.store.single import SLOW_SECONDS, TELL_EVERY, SingleWriter


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def wait_for_turn(writer: SingleWriter, clock: Clock, seconds: float) -> None:
    """Ask for a turn that comes after so many seconds."""

    async def ask() -> None:
        async with writer.turn():
            pass

    async with writer.turn():
        asking = asyncio.create_task(ask())
        await asyncio.sleep(0)
        clock.now += seconds
    await asking


async def test_turns_come_in_order_and_one_at_a_time() -> None:
    writer, order = SingleWriter(), []

    async def write(number: int) -> None:
        async with writer.turn():
            order.append(number)
            await asyncio.sleep(0)
            order.append(number)

    await asyncio.gather(*(write(number) for number in range(4)))
    assert order == [0, 0, 1, 1, 2, 2, 3, 3]


async def test_it_knows_how_long_the_turn_has_lasted() -> None:
    clock = Clock()
    writer = SingleWriter(clock)
    async with writer.turn():
        clock.now += 7.0
        assert writer.held == 7.0
    assert writer.held == 0.0


async def test_a_turn_that_fails_or_is_cancelled_is_over() -> None:
    clock = Clock()
    writer = SingleWriter(clock)

    async def hold() -> None:
        async with writer.turn():
            await asyncio.Event().wait()

    holding = asyncio.create_task(hold())
    await asyncio.sleep(0)
    clock.now += 1.0
    assert writer.held == 1.0
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    assert writer.held == 0.0
    async with asyncio.timeout(1), writer.turn():
        pass


async def test_a_long_wait_is_told_with_a_remedy_and_not_again_at_once() -> None:
    clock = Clock()
    writer = SingleWriter(clock)
    with capture_logs() as logs:
        await wait_for_turn(writer, clock, SLOW_SECONDS / 2)
        assert logs == []
        await wait_for_turn(writer, clock, 4.0)
        await wait_for_turn(writer, clock, 4.0)
        clock.now += TELL_EVERY
        await wait_for_turn(writer, clock, 5.0)
    assert [(line["event"], line["waited"]) for line in logs] == [
        ("the database is slow", 4.0),
        ("the database is slow", 5.0),
    ]
    assert "PostgreSQL" in logs[0]["remedy"]


async def test_a_process_whose_writer_stands_still_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading goes on meanwhile, so asking the database something would not show it."""
    database = open_database(StoreSettings(url=f"sqlite:///{tmp_path}/test.sqlite3"))
    async with database.begin():
        await database.ping()
        monkeypatch.setattr(databases, "STUCK_SECONDS", 0.0)
        with pytest.raises(StoreDown, match="has not ended"):
            await database.ping()
    await database.ping()
    await database.close()
