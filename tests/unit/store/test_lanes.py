"""Lanes that all processes share: never more than the platform allows, however they are used together."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.messages import Lane
from bot.store.database import Database
from bot.store.lanes import Lanes, burst, interval
from bot.store.tables import LaneRow

CHAT, BOT, GROUP = Lane("chat", 1, 20.0), Lane("bot", 30, 1.0), Lane("group", 20, 600.0)


@given(st.integers(1, 200), st.floats(0.5, 120.0))
def test_a_burst_and_what_follows_it_never_exceed_the_limit_in_any_window(most: int, seconds: float) -> None:
    lane = Lane("x", most, seconds)
    assert burst(lane) - 1 + seconds / interval(lane) < most or most == 1
    assert most > 1 or interval(lane) > seconds


async def test_places_are_given_one_after_the_other(database: Database) -> None:
    lanes = Lanes(database)
    waits = [await lanes.reserve([CHAT, BOT], 600.0) for _ in range(4)]
    assert waits == [pytest.approx(22.0 * place, abs=5.0) for place in range(4)]


async def test_two_processes_never_get_the_same_place(database: Database) -> None:
    one, two = Lanes(database), Lanes(database)
    waits = sorted(await asyncio.gather(*(lanes.reserve([CHAT], 600.0) for lanes in (one, two) * 5)))
    assert all(later - earlier > 10 for earlier, later in pairwise(waits))


async def test_who_will_not_wait_so_long_takes_no_place(database: Database) -> None:
    lanes = Lanes(database)
    await lanes.reserve([CHAT], 0.0)
    assert [await lanes.reserve([CHAT], 0.1) > 0.1 for _ in range(3)] == [True] * 3
    assert await lanes.reserve([CHAT], 25.0) < 23.0


async def test_what_is_spare_leaves_half_of_the_burst_to_what_has_to_be_said(database: Database) -> None:
    lanes = Lanes(database)
    spared = 0
    while await lanes.spare([GROUP]) == 0.0:
        spared += 1
    assert spared == burst(GROUP) // 2
    assert await lanes.reserve([GROUP], 5.0) == 0.0


async def test_a_pause_holds_up_its_lane_only(database: Database) -> None:
    lanes = Lanes(database)
    await lanes.pause(CHAT, 30.0)
    assert await lanes.reserve([CHAT, BOT], 5.0) == pytest.approx(30.0, abs=5.0)
    assert await lanes.spare([CHAT]) > 20.0
    assert await lanes.reserve([Lane("another", 1, 1.0), BOT], 5.0) == 0.0


async def test_a_short_pause_does_not_end_a_long_one(database: Database) -> None:
    lanes = Lanes(database)
    assert not await lanes.paused(CHAT)
    await lanes.pause(CHAT, 30.0)
    await lanes.pause(CHAT, 1.0)
    assert await lanes.paused(CHAT)
    assert await lanes.reserve([CHAT], 5.0) == pytest.approx(30.0, abs=5.0)


async def test_lanes_that_nobody_uses_are_forgotten(database: Database) -> None:
    lanes = Lanes(database)
    await lanes.reserve([CHAT], 5.0)
    await lanes.reserve([BOT], 5.0)
    async with database.begin() as connection:
        await connection.execute(update(LaneRow).where(LaneRow.name == "chat").values(free_at=1.0))
    assert await lanes.tidy() == 1
    async with database.read() as connection:
        assert (await connection.execute(select(LaneRow.name))).scalars().all() == ["bot"]
