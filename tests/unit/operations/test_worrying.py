"""What goes on although something is amiss is told."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from bot.messages import Address, Message, Speaker, State
from bot.operations.worrying import Worrier
from bot.store.accepting import Acceptor
from bot.store.alerts import RESPONDER
from bot.store.clock import db_now
from bot.store.placing import place
from bot.store.speaking import Words, speak
from bot.store.tables import TurnRow


async def test_all_is_well_in_an_empty_database(database):
    assert await Worrier(database).degraded() == {}


@pytest.mark.parametrize(("off", "side"), [(360.0, "ahead of"), (-360.0, "behind")])
async def test_a_clock_that_is_off_is_named_in_readyz_and_once_in_the_log(database, off, side):
    now = [time.time() + off]
    worrier = Worrier(database, lambda: now[0])
    told = await worrier.degraded()
    assert list(told) == ["clock"]
    assert side in told["clock"]
    with capture_logs() as logs:
        await worrier.look()
        await worrier.look()
        now[0] = time.time()
        await worrier.look()
    assert [(log["log_level"], log["event"]) for log in logs] == [
        ("error", "clock is off"),
        ("info", "clock is right again"),
    ]


async def test_an_alert_that_nobody_has_heard_for_a_minute_is_told(database):
    async with database.begin() as connection:
        team, _ = await place(connection, Address("webhook", "", "", ""))
        await speak(connection, team, Words(Speaker.BOT, "Somebody needs a person.", RESPONDER), ["Somebody"])
    assert await Worrier(database).degraded() == {}
    async with database.begin() as connection:
        await connection.execute(update(TurnRow).values(at=db_now() - 61))
    assert (await Worrier(database).degraded())["alerts"].startswith("1 alerts")
    async with database.begin() as connection:
        await connection.execute(update(TurnRow).values(state=State.ANSWERED))
    assert await Worrier(database).degraded() == {}


async def test_messages_that_were_turned_away_lately_are_told_for_five_minutes(database):
    await Acceptor(database).accept(Message(Address("memory", "1", "7"), "k", "hello", "9", "1"))
    async with database.begin() as connection:
        await connection.execute(update(TurnRow).values(state=State.SHED, ended_at=db_now()))
    assert "shedding" in await Worrier(database).degraded()
    async with database.begin() as connection:
        await connection.execute(update(TurnRow).values(ended_at=db_now() - 301))
    assert await Worrier(database).degraded() == {}
