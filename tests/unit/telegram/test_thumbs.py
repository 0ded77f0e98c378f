from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telegram import Update

from bot.messages import Address, Ignored, Opinion, Part, Thumb
from connectors.telegram.listening import Me
from connectors.telegram.standin import StandIn
from connectors.telegram.standin.keyboards import faces
from connectors.telegram.thumbs import keyboard
from connectors.telegram.updates import to_event

KEY = "0b0a3d5e-1111-2222-3333-444455556666"
HERE = Address("telegram", "123456789", "1001")
GROUP = Address("telegram", "123456789", "-55")
PART = Part(HERE, "A reply", KEY, asks=True)


def press(us: Me, data: str, **more: Any) -> Any:
    message = {"message_id": 7, "date": 1_700_000_000, "chat": {"id": 1001, "type": "private"}, "text": "x"}
    person = {"id": 1001, "is_bot": False, "first_name": "Ann"}
    query = {"id": "1", "from": person, "chat_instance": "1", "data": data, "message": message} | more
    return to_event(Update.de_json({"update_id": 9, "callback_query": query}), us)


async def test_a_models_reply_has_two_buttons_and_anything_else_none(make: Any, telegram: StandIn) -> None:
    connector = make()
    await telegram.say("hello")
    await connector.send(PART)
    await connector.send(Part(HERE, "Help", KEY))
    asked, plain = telegram.sent()
    assert faces(asked) == ["👍", "👎"]
    assert "reply_markup" not in plain


async def test_turned_off_nobody_is_asked(make: Any, telegram: StandIn) -> None:
    await telegram.say("hello")
    await make(thumbs=False).send(PART)
    assert "reply_markup" not in telegram.sent()[0]


def test_in_somebody_elses_name_nobody_is_asked() -> None:
    assert keyboard(Part(Address("telegram", "1/business:x", "7"), "hi", KEY, asks=True)) is None


def test_what_a_button_says_fits_into_what_telegram_takes() -> None:
    made = keyboard(PART)
    assert made is not None
    assert all(len(str(one.callback_data).encode()) <= 64 for row in made.inline_keyboard for one in row)


async def pressed(telegram: StandIn, inbox: Any, face: str, chat: int = 1001) -> Opinion:
    """Press a button and wait until it rests; return what came of it."""
    before = len(inbox.events)
    await telegram.press(telegram.sent(chat)[0], face)
    async with asyncio.timeout(10):
        while len(inbox.events) == before or telegram.waiting:
            await asyncio.sleep(0.01)
    event: Opinion = inbox.events[-1]
    return event


async def test_a_press_is_an_opinion_that_can_be_changed_and_taken_back(
    make: Any, telegram: StandIn, inbox: Any, receiving: Any
) -> None:
    connector = make()
    await telegram.say("hello")
    await connector.send(PART)
    async with receiving(connector, inbox):
        up = await pressed(telegram, inbox, "👍")
        assert (up.address, up.sender, up.thumb, up.send_key) == (HERE, "1001", Thumb.UP, KEY)
        assert await telegram.until(lambda: faces(telegram.sent()[0]) == ["✓ 👍", "👎"])
        down = await pressed(telegram, inbox, "👎")
        assert down.thumb is Thumb.DOWN
        assert await telegram.until(lambda: faces(telegram.sent()[0]) == ["👍", "✓ 👎"])
        back = await pressed(telegram, inbox, "👎")
        assert back.thumb is Thumb.NONE
        assert await telegram.until(lambda: faces(telegram.sent()[0]) == ["👍", "👎"])
    assert len(telegram.called("answerCallbackQuery")) == 3


async def test_in_a_group_the_buttons_look_the_same_for_everybody(
    make: Any, telegram: StandIn, inbox: Any, receiving: Any
) -> None:
    connector = make()
    await telegram.say("hello @standin_bot", chat=-55)
    await connector.send(Part(GROUP, "A reply", KEY, asks=True))
    async with receiving(connector, inbox):
        up = await pressed(telegram, inbox, "👍", chat=-55)
        assert await telegram.until(lambda: bool(telegram.called("answerCallbackQuery")))
    assert (up.address, up.sender) == (GROUP, "1001")
    assert faces(telegram.sent(-55)[0]) == ["👍", "👎"]
    assert not telegram.called("editMessageReplyMarkup")


async def test_a_press_that_is_delivered_again_is_one_event(
    make: Any, telegram: StandIn, inbox: Any, receiving: Any
) -> None:
    connector = make()
    await telegram.say("hello")
    await connector.send(PART)
    async with receiving(connector, inbox):
        await pressed(telegram, inbox, "👍")
        count = len(inbox.events)
        telegram.repeat(1)
        assert await telegram.until(lambda: telegram.waiting == 0)
        assert await telegram.until(lambda: inbox.arrivals > count)
    assert len([event for event in inbox.events if isinstance(event, Opinion)]) == 1


@pytest.mark.parametrize("data", ["up", "up:", "sideways:x", ":", "", "up:" + "x" * 37])
def test_other_buttons_mean_nothing(us: Me, data: str) -> None:
    assert isinstance(press(us, data), Ignored)


def test_a_press_below_a_message_that_telegram_no_longer_shows_means_nothing(us: Me) -> None:
    gone = {"message_id": 7, "date": 0, "chat": {"id": 1001, "type": "private"}}
    assert isinstance(press(us, f"up:{KEY}", message=gone), Ignored)
