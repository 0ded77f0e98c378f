"""Typing is shown, not too often, and never costs anything."""

from __future__ import annotations

from typing import Any

from bot.messages import Address, Sign
from connectors.telegram.showing import EVERY, Typing
from connectors.telegram.standin import Fault, StandIn

HERE, THERE = Address("telegram", "123456789", "1001"), Address("telegram", "123456789", "-5", "30")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_typing_is_shown_where_the_reply_will_be(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi", chat=-5, topic=30)
    await connector.show(THERE, Sign())
    [call] = telegram.called("sendChatAction")
    assert (call.status, call.params.given["action"], call.params.given["message_thread_id"]) == (200, "typing", "30")


async def test_a_growing_text_is_shown_as_typing_too(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    await connector.show(HERE, Sign("The answer is"))
    assert len(telegram.called("sendChatAction")) == 1
    assert telegram.sent() == []


async def test_typing_is_shown_once_in_four_seconds_at_an_address(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    await telegram.say("Hi", chat=-5, topic=30)
    clock = Clock()
    typing = Typing(connector._client.bot, clock)
    for address in (HERE, HERE, THERE, HERE):
        await typing.show(address)
    assert len(telegram.called("sendChatAction")) == 2
    clock.now += EVERY
    await typing.show(HERE)
    assert len(telegram.called("sendChatAction")) == 3


async def test_nothing_that_goes_wrong_is_raised(telegram: StandIn, connector: Any) -> None:
    clock = Clock()
    typing = Typing(connector._client.bot, clock)
    await typing.show(Address("telegram", "1", "not a number"))
    await typing.show(HERE)
    for fault in (Fault(status=401), Fault(status=403), Fault(status=500), Fault(drop=True)):
        clock.now += EVERY
        telegram.fault("sendChatAction", fault)
        await typing.show(HERE)
    assert [call.status for call in telegram.called("sendChatAction")] == [400, 401, 403, 500, 0]


async def test_telegram_is_left_alone_as_long_as_it_asks(telegram: StandIn, connector: Any) -> None:
    await telegram.say("Hi")
    clock = Clock()
    typing = Typing(connector._client.bot, clock)
    telegram.fault("sendChatAction", Fault(status=429, retry_after=30))
    for seconds in (0, 10, 10, 9, 1):
        clock.now += seconds
        await typing.show(HERE)
    assert [call.status for call in telegram.called("sendChatAction")] == [429, 200]


async def test_old_addresses_are_forgotten(connector: Any) -> None:
    clock = Clock()
    typing = Typing(connector._client.bot, clock)
    for number in range(20_000):
        typing._remember(Address("telegram", "1", str(number)), clock.now)
        clock.now += 1
    assert len(typing._not_before) <= 10_001
